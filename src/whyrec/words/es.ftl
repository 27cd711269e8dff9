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
part-recent = lo pedido que está últimamente
part-fresh = lo nuevo que es
part-context = las circunstancias de tu visita
part-search = lo que buscaste

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
attribute-topic = tema
attribute-platform = plataforma
attribute-modality = medio
modality-article = artículo
modality-video = vídeo

## Una línea en una lista

line-because = Porque { $clauses }
line-popular = Popular ahora
line-none = Sin razón medida

## El componente de la tienda: el panel de un producto. Lo que va entre llaves lo pone el navegador

panel-did = Tú { $clauses }
panel-why = ¿Por qué?
panel-question-mark = ¿Por qué «{"{item}"}»?
panel-made-of = De qué se compone esta sugerencia
panel-actions = Acciones que contaron
panel-raises = la sube
panel-lowers = la baja
panel-no-effect = sin efecto real
panel-today = hoy
panel-not-this = No por esto
panel-like = Me gusta
panel-dislike = No me gusta
panel-hide = Ocultar
panel-close = Cerrar
panel-on = La personalización está activada.
panel-on-text = Desactivada: la lista no usa nada de lo que hiciste.
panel-off = La personalización está desactivada.
panel-off-text = La lista es igual para todos.
panel-algorithm = Un algoritmo eligió este orden
panel-parameters = parámetros principales
panel-personal = Personal
panel-moved = { $count ->
    [one] Lista actualizada: se movió 1 producto.
   *[other] Lista actualizada: se movieron { $number } productos.
}
panel-updated = Lista actualizada.
panel-unmoved = Lista actualizada: nada se movió.
panel-undo = Deshacer
panel-reasons = Razones
panel-table = Mostrar como tabla
panel-empty = Aún no hay nada que sugerir aquí.
panel-failed = No funcionó. Nada ha cambiado; inténtalo de nuevo.
panel-picture = imagen del producto
panel-removed = Excluido, como pediste
panel-new = Nuevo
panel-when = Cuándo
panel-effect = Efecto
front-search = Buscar productos
front-simulated = Tienda simulada: productos, clientes y cifras son inventados.
front-made-up = Tienda de muestra con un registro público. Aquí no se puede comprar.
front-who = Cliente
front-nobody = un visitante nuevo
front-cart = Añadir al carrito
front-buy = Comprar
front-chosen = Estás viendo
front-first = Elige un producto para ver qué va con él.
front-done = Anotado. La lista de abajo lo sigue.
tab-personal = Para ti
tab-personal-text = Lo que quizá quieras ahora.
tab-new = Novedades
tab-new-text = Casi nadie los ha tenido todavía.
tab-related = Va con esto
tab-related-text = Lo que va con el producto de arriba, o en su lugar.
tab-content = Artículos y vídeos
tab-content-text = Para leer y ver, según lo que leíste y lo que compraste.
tab-cross-platform = Otras plataformas
tab-cross-platform-text = Lo que hiciste en otro lugar cuenta aquí solo si lo permites.
tab-multilingual = Otros idiomas
tab-multilingual-text = Nombres y razones en tu idioma.
front-sharing = Permitir que cuente aquí lo que hiciste en tus otras cuentas. Deja de contar en cuanto lo desactives.
relation-complement = Complementos
relation-substitute = En su lugar
relation-together = Comprados juntos
relation-next = Siguiente paso

## Qué mueve las puntuaciones en conjunto: la página pública

public-title = Cómo ordenamos los productos para ti
public-lead = Un algoritmo elige aquí el orden de los productos. Los porcentajes se midieron en el modelo en uso; nadie los escribió a mano.
public-snapshot = Versión { $id }
public-updated = actualizado el { $date }
public-sample = { $count ->
    [one] muestra de 1 persona
   *[other] muestra de { $number } personas
}
public-parts = ¿Qué cuenta más?
public-parts-read = Efecto medio de cada cosa en un puesto de la lista, como parte del total.
public-kinds = ¿Cuáles de tus acciones cuentan más?
public-kinds-read = Lo que hiciste, repartido por tipo de acción.
public-never = Nunca se usa
public-never-proof = Cada una se cambió en todas las peticiones de la muestra y no cambió la puntuación de ningún producto.
public-never-none = De nada se pudo demostrar que no se usa.
public-off = Las sugerencias personales se pueden desactivar
public-off-text = Funciona al momento: la lista no usa nada de lo que hiciste y es igual para todo el mundo.
public-off-how = Tiendas: envía { $flag } con la petición.
public-steps = Cuatro pasos
public-none = Aún no se midió nada: no hay personas con acciones.
main-events = Lo que hiciste
main-events-text = Suben los productos que van con lo que elegiste.
main-order = El orden de tus visitas
main-order-text = Suben los productos que suelen venir después de tus últimos pasos.
main-together = Lo que va junto
main-together-text = Suben los productos que suelen elegirse con los que elegiste.
main-taste = Tu gusto en conjunto
main-taste-text = Se resume todo lo que elegiste y suben los productos cercanos.
main-same = Lo que ya tenías
main-same-text = Los productos que ya tenías suben o bajan.
main-alike = El parecido entre productos
main-alike-text = Marca, palabras y otras propiedades cercanas a lo que elegiste.
main-popular = Su popularidad
main-popular-text = Igual para todo el mundo; no trata de ti.
main-recent = Lo que se pide últimamente
main-recent-text = Suben los productos que muchos eligieron en los últimos días. Igual para todo el mundo; no trata de ti.
main-fresh = Lo nuevo que es
main-fresh-text = Sube lo publicado hace poco. Igual para todo el mundo; no trata de ti.
main-context = Las circunstancias de tu visita
main-context-text = Suben los productos más pedidos a esta hora, en esta plataforma o en este idioma.
main-search = Lo que buscaste
main-search-text = Suben los productos que tienen tus palabras o que se eligieron después de ellas.
main-other-text = Una parte del modelo.
age-halves = Una acción de hace { $number } días o más mueve la puntuación menos de la mitad que una de los últimos { $fresh } días.
act-purchase = Lo que compraste
act-cart = Lo que pusiste en el carrito
act-favourite = Lo que guardaste
act-like = Lo que te gustó
act-share = Lo que compartiste
act-bookmark = Lo que pusiste en marcadores
act-comment = Lo que comentaste
act-follow = Lo que seguiste
act-rating = Lo que valoraste
act-view = Lo que viste
act-click = Lo que pulsaste
act-search = Lo que buscaste
act-dwell = Lo que miraste con calma
act-dislike = Lo que rechazaste
act-context = El producto de la página
never-shopper = quién eres: tu número de cliente
never-profile = lo que la tienda tiene anotado de ti ({ $things })
never-platform = la plataforma desde la que vienes
never-language = tu idioma
never-hour = el momento en que miras
step-find = Buscar
step-find-text = Se consideran los { $number } productos que el modelo conoce.
step-score = Puntuar
step-score-exact = La puntuación de un producto es la suma exacta de las partes de arriba.
step-score-measured = Un modelo puntúa cada producto; las partes de arriba se midieron quitando tus acciones una a una.
step-rules = Reglas
step-rules-hide = Salen los productos fuera de venta, los que ocultaste y los que ya tenías.
step-rules-keep = Salen los productos fuera de venta y los que ocultaste; los que ya tenías pueden volver.
step-explain = Explicar
step-explain-text = Una razón se muestra solo con el número que se midió para ella.

## Hechos de un escenario: como frase, y como unas palabras tras la razón en una lista

line-facts = { $line } ({ $facts })
short-between = {"; "}
same-value = { $attribute } { $value } en común
same-words = { $count ->
    [one] 1 palabra del título en común
   *[other] { $number } palabras del título en común
}
fact-new-none = Novedad: nadie lo ha elegido aún.
short-new-none = novedad
fact-new = Novedad: elegido { $count ->
    [one] 1 vez
   *[other] { $number } veces
} hasta ahora.
short-new = novedad, elegido { $count ->
    [one] 1 vez
   *[other] { $number } veces
}
fact-shared = Se parece a { $name }: { $things }.
short-shared = { $things }
fact-fresh = { $days ->
    [0] Publicado hoy.
    [one] Publicado hace 1 día.
   *[other] Publicado hace { $number } días.
}
short-fresh = { $days ->
    [0] publicado hoy
    [one] publicado hace 1 día
   *[other] publicado hace { $number } días
}
fact-together-baskets = En una cesta con { $name } { $number } veces, { $lift } veces lo esperado por azar.
short-together-baskets = en una cesta { $number } veces, { $lift } veces lo esperado por azar
fact-together-people = { $number } clientes eligieron esto y { $name }, { $lift } veces lo esperado por azar.
short-together-people = { $number } clientes eligieron ambos, { $lift } veces lo esperado por azar
fact-together-after = Elegido poco después de { $name } { $number } veces, { $lift } veces lo esperado por azar.
short-together-after = elegido poco después { $number } veces, { $lift } veces lo esperado por azar
fact-elsewhere = { $name } fue en { $platform }.
short-elsewhere = en { $platform }
fact-circumstance-locale = En tu idioma se elige { $lift } veces lo que en otros.
short-circumstance-locale = { $lift } veces lo de otros idiomas en el tuyo
fact-circumstance-platform = En { $value } se elige { $lift } veces lo que en otros sitios.
short-circumstance-platform = { $lift } veces lo de otros sitios en { $value }
fact-circumstance-daypart = { $value ->
     [night] De madrugada
     [morning] Por la mañana
     [afternoon] Por la tarde
    *[evening] Por la noche
    } se elige { $lift } veces lo habitual.
short-circumstance-daypart = { $lift } veces lo habitual { $value ->
     [night] de madrugada
     [morning] por la mañana
     [afternoon] por la tarde
    *[evening] por la noche
    }
fact-circumstance-weekday = { $value ->
     [monday] Los lunes
     [tuesday] Los martes
     [wednesday] Los miércoles
     [thursday] Los jueves
     [friday] Los viernes
     [saturday] Los sábados
    *[sunday] Los domingos
    } se elige { $lift } veces lo habitual.
short-circumstance-weekday = { $lift } veces lo habitual { $value ->
     [monday] los lunes
     [tuesday] los martes
     [wednesday] los miércoles
     [thursday] los jueves
     [friday] los viernes
     [saturday] los sábados
    *[sunday] los domingos
    }

## Qué hicieron las reglas de la tienda con un artículo y qué quitaron los filtros

moved-rules = Por { $count ->
    [one] la regla
   *[other] las reglas
} { $names } de la tienda pasó del puesto { $before } al { $after }.
moved-new = primero lo nuevo
moved-variety = Para variar la lista pasó del puesto { $before } al { $after }.
moved-explore = Lo estamos probando aquí: el azar lo puso en este puesto.
moved-pin = La tienda lo puso aquí.
moved-pin-named = La tienda lo puso aquí: { $name }.
moved-sponsored = Patrocinado.
moved-sponsored-named = Patrocinado: { $name }.
line-pinned = Puesto por la tienda
line-explore = Lo estamos probando
line-sponsored = Patrocinado
line-sponsored-named = Patrocinado: { $name }
taken-none = No hay ningún artículo que recomendar.
taken-all = { $count ->
    [one] El único artículo quedó fuera
   *[other] Los { $number } artículos quedaron fuera
}: { $parts }.
taken-part = { $filter } ({ $number })
taken-not-in-the-catalogue = fuera del catálogo
taken-off-the-shelf = retirado de la venta
taken-out-of-stock = sin existencias
taken-of-another-kind = de otra clase
taken-on-the-page = en la página
taken-excluded = excluido
taken-hidden = oculto
taken-seen = ya tenido
taken-not-new = no es nuevo
taken-sold-elsewhere = se vende en otra parte
taken-unknown-to-the-snapshot = más nuevo que la instantánea
