# Español. Un archivo por idioma; las frases salen solo del registro medido.

## Cómo se escribe

babel = es_ES
quote-open = «
quote-close = »
inner-open = “
inner-close = ”
spaced = no
# Entre dos frases.
between = {" "}

## Una causa: nombre, cuántas veces, cuándo

once = { $name }
once-on = { $name } ({ $date })
often = { $name } ({ $number } veces)
# Una valoración con su valor.
valued = { $name } con { $value }
often-on = { $name } ({ $number } veces, la última el { $date })

## Lo que hizo

did-purchase = compraste { $things }
did-cart = pusiste { $things } en el carrito
did-favourite = guardaste { $things }
did-like = diste me gusta a { $things }
did-share = compartiste { $things }
did-bookmark = pusiste { $things } en marcadores
did-comment = comentaste { $things }
did-follow = seguiste { $things }
did-rating = valoraste { $things }
did-view = viste { $things }
did-click = pulsaste { $things }
did-search = buscaste { $things }
did-dwell = te detuviste en { $things }
did-dislike = rechazaste { $things }
did-read = leíste { $things }
did-watch = miraste { $things }
did-context = estás viendo { $things }
did-days = entraste del { $first } al { $last } ({ $count ->
    [one] 1 vez
   *[other] { $number } veces
})
did-early = entraste antes ({ $count ->
    [one] 1 vez
   *[other] { $number } veces
})

clauses-next = { $clauses }, { $clause }
clauses-last = { $clauses }, y { $clause }
with-others = { $clauses }, junto con { $count ->
    [one] otra acción
   *[other] otras { $number } acciones
}

## Frases

because = Porque { $clauses }.
mostly-popular = Sobre todo porque es popular ahora ({ $percent }); también porque { $clauses }.
only-popular = Porque es popular ahora.
none = Nada de lo que hiciste aumenta su puntuación.

checked = Comprobado: sin { $things } quedaría en el puesto { $rank }.
without = { $name }
without-part = { $name } ({ $count } de { $of } veces)
without-search = la búsqueda de { $name }
without-search-part = la búsqueda de { $name } ({ $count } de { $of } veces)
without-others = { $count ->
    [one] 1 más
   *[other] { $number } más
}
rank = { $rank }
enough = Comprobado: con solo { $things } seguiría en la lista, en el puesto { $rank }.
covered = Las razones dichas aquí son el { $percent } de su puntuación.
covered-popular = Las razones dichas aquí son el { $percent } de su puntuación; su popularidad es el { $popular }.

## De qué se compone la puntuación

parts = Su puntuación se compone así: { $parts }.
share = { $percent } por { $part }
part-events = lo que hiciste
part-order = el orden de tus visitas
part-together = lo que suele elegirse junto a lo que elegiste
part-taste = tu gusto en conjunto
part-same = haberlo tenido antes
part-alike = su parecido con lo que elegiste
part-popular = su popularidad

## Grupos de acciones

together = En conjunto, { $group } son el { $percent } de su puntuación.
together-raise = En conjunto, { $group } aumentan su puntuación.
events = { $count ->
    [one] 1 acción
   *[other] { $number } acciones
}
group-value = { $events } con { $attribute } { $name }
group-value-own = { $events } con { $attribute } { $name }, igual que esto,
group-price = { $events } a un precio de { $low } a { $high }
group-price-own = { $events } a un precio de { $low } a { $high }, como el suyo,
group-days = { $events } del { $first } al { $last }
count-purchase = { $number } compras
count-cart = { $number } adiciones al carrito
count-favourite = { $number } favoritos
count-like = { $number } me gusta
count-share = { $number } veces que compartiste
count-bookmark = { $number } marcadores
count-comment = { $number } comentarios
count-follow = { $number } seguimientos
count-rating = { $number } valoraciones
count-view = { $number } vistas
count-click = { $number } clics
count-search = { $number } búsquedas
count-dwell = { $number } vistas largas
count-dislike = { $number } rechazos

## En qué coincide con tus acciones

alike = Lo que hiciste apunta a { $things }.
alike-value = su { $attribute } { $name } ({ $percent }, sobre todo por { $most })
alike-word = la palabra { $name } de su título ({ $percent }, sobre todo por { $most })
attribute-brand = marca
attribute-category = categoría
attribute-department = sección
attribute-genre = género
attribute-author = autor
attribute-colour = color
attribute-platform = plataforma
attribute-modality = medio

## Una línea en una lista

line-because = Porque { $clauses }
line-popular = Popular ahora
line-none = Sin razón medida
