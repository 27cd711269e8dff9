# Etiquetas de la consola y del informe. Las frases sobre los motivos están en whyrec/words.
tab-shopper = Cliente
tab-models = Modelos
tab-data = Datos
tab-transparency = Transparencia
demo = Datos de demostración
demo-why = Datos de una demostración, no de una tienda en marcha
theme-light = Claro
theme-dark = Oscuro
language = Idioma

kind-purchase = compró
kind-cart = puso en el carrito
kind-favourite = marcó como favorito
kind-like = le gustó
kind-share = compartió
kind-bookmark = guardó
kind-comment = comentó
kind-follow = siguió
kind-rating = valoró
kind-view = vio
kind-click = hizo clic en
kind-search = buscó
kind-dwell = se detuvo en
kind-dislike = no le gustó
kind-removed = quitado
kind-context = está mirando
kind-low-rating = valoró bajo

# Cliente
find-shopper = Buscar un cliente
find-hint = identificador, o su comienzo
unknown-title = Ningún cliente tiene este identificador
unknown-text = Recibe la lista de un cliente sin historial: solo popularidad. Revise el identificador o tome otro cliente.
pick-title = ¿La lista de quién quiere entender?
pick-text = Escriba arriba el identificador de un cliente, o tome uno de estos.
facts-events = { $n ->
    [one] 1 acción
   *[other] { $count } acciones
  } · de { $first } a { $last }
facts-none = sin acciones
facts-snapshot = Instantánea { $id }
facts-request = Petición { $at }
facts-repeats-keep = se permiten repeticiones
facts-repeats-hide = lo ya visto se oculta
view-list = Lista
view-item = Un artículo
matrix-title = ¿Qué acciones pasadas pusieron qué artículos en esta lista?
matrix-read = Cada celda: { $unit } que pierde el artículo si se quita la acción. Desmarcar una fila = como si no hubiera ocurrido.
matrix-read-report = Cada celda: { $unit } que pierde el artículo si se quita la acción. Las columnas suman la puntuación.
matrix-corner = acción ↓ artículos →
matrix-total = Total de la página
matrix-summary = «{ $event }» es lo que más importa en esta página: { $total } { $unit } en { $n } artículos.
matrix-summary-none = Ninguna acción pasada mueve una puntuación de esta página.
matrix-other = otras { $n } acciones
matrix-other-tip = Las { $n } acciones de menor efecto en esta página, sumadas
matrix-popular = Popularidad (puntuación vacía)
matrix-gap = Sin asignar (diferencia)
matrix-sum = Puntuación = suma de la columna
matrix-tick = Contar esta acción: { $event }
matrix-open = ¿Por qué { $item }?
unit-0 = puntos
unit-3 = milésimas de punto
unit-6 = millonésimas de punto
scale-lowers = baja
scale-raises = sube
gap-ok = mayor diferencia { $gap } (límite 1e-6)
gap-bad = la mayor diferencia, { $gap }, supera el límite 1e-6: esta imagen no es fiable
gap-approximate = { $method }: mayor diferencia { $gap }
times = × { $n }
event-named = { $kind } { $title }
what-one = «{ $title }» ({ $kind } el { $day })
what-often = «{ $title }» ({ $kind } { $n } veces)
what-joint = {" y "}
no-item = (sin artículo)
line-title = ¿Cuándo ocurrió cada cosa?
line-read = Altura: lo que la acción añade a toda la página, en { $unit }. Hueco: sin efecto real.
line-earlier = ← { $n } antes
line-summary = { $n } acciones de { $first } a { $last }; el mayor efecto: { $event } { $unit }.
show-table = Ver como tabla
col-event = Acción
col-date = Fecha
col-kind = Tipo
col-effect = Efecto
list-title = ¿Qué hay ahora en la lista?
list-read = Puntuación: { $unit }. Lleno: lo que hizo este cliente; rayado: popularidad. Desmarque una acción para ver qué se mueve.
moves-title = ¿Qué se mueve si eso no hubiera ocurrido?
moves-read = Sin: { $what }. Calculado de nuevo, { $ms } ms.
moves-and = { $first } y { $n } más
col-now = Ahora
col-item = Artículo
col-score = Puntuación
col-move = Cambio
move-new = nuevo
move-left = Salió de los { $n } primeros
move-beyond = >{ $n }
moves-summary = { $n ->
    [0] Ningún artículo cambia de puesto.
    [one] 1 artículo cambia de puesto.
   *[other] { $n } artículos cambian de puesto.
  }
held = La frase que muestra la tienda se cumple: sin { $what }, «{ $item }» queda en el puesto { $rank }.
rerun = Calculado de nuevo: sin { $what }, «{ $item }» pasa del puesto { $before } al { $after }.
rerun-out = Calculado de nuevo: sin { $what }, «{ $item }» no está entre los { $rank } primeros.
restore = Restaurar todo
export = Exportar el registro (JSON)
preview = solo vista previa
item-title = ¿De dónde sale la puntuación { $score } de «{ $item }»?
item-read = De la puntuación sin saber nada del cliente, paso a paso, a la puntuación entera ({ $unit }).
item-summary = { $score } { $unit }: { $empty } para cualquiera, { $personal } por las acciones de este cliente.
step-popular = Popularidad (puntuación vacía)
step-other = otras { $n } acciones
step-gap = Sin asignar (diferencia)
step-whole = Puntuación entera
contrast-title = ¿Por qué «{ $a }» y no «{ $b }»?
contrast-read = Cada barra: contribución a A menos contribución a B; juntas, la diferencia { $gap } ({ $unit }).
contrast-read-shapley = Cada barra: lo que la acción da a la diferencia entre A y B, repartido por Shapley (error típico hasta { $error }); juntas, la diferencia { $gap } ({ $unit }).
contrast-a = a favor de A
contrast-b = a favor de B
contrast-whole = Diferencia A − B
contrast-pick = Comparar con
attention-title = ¿Dónde mira el modelo para «{ $item }»?
attention-read-self = Atención de la acción más reciente en la última capa, media de sus cabezas: una imagen del modelo, no un motivo.
attention-read-cross = Atención de la consulta propia de la petición en la última capa, media de sus cabezas: una imagen del modelo, no un motivo.
attention-worth-probability = Lo que vale como motivo, medido: sin las cinco acciones más miradas queda { $looks } de la probabilidad del artículo; sin sus cinco primeros motivos, { $reasons }. Menos es mejor.
attention-worth-score = Lo que vale como motivo, medido: sin las cinco acciones más miradas queda { $looks } de la puntuación del artículo; sin sus cinco primeros motivos, { $reasons }. Menos es mejor.
attention-col-looks = Atención
attention-col-reason = Efecto medido ({ $unit })
words-title = ¿Qué se le dice al cliente, y se cumple?
words-read = Rellenado solo con el registro medido; el recuadro verde se calculó de nuevo.
words-none = Quitar acciones pasadas, hasta el mayor conjunto probado, no sacó este artículo de la lista.
sources = Encontrado por: { $names }
method-exact = exacto
method-leave-one-out = quitar una a una
no-model-title = Aún no hay un modelo entrenado
no-model-text = Una lista necesita un modelo. Ajuste uno con
popular-only-title = Este cliente no tiene acciones
popular-only-text = La lista es la común: solo popularidad. La primera acción cambia la lista siguiente.
error-title = Esta vista no se pudo hacer
error-text = No se perdió nada.

events-n = { $n ->
    [one] 1 acción
   *[other] { $count } acciones
  }
not-listed-title = Este artículo no está en la lista
not-listed-text = Vuelva a la lista y elija uno de sus artículos.

# Modelos
models-title = Modelos
models-facts = { $users } usuarios · { $items } artículos · { $events } acciones
board-title = ¿Qué modelo ordena mejor, y qué cuesta?
board-read = Punto y línea: NDCG@10 con su intervalo del 95 %, en una escala de 0 a { $top }, la misma en todas las filas. Ajustado solo con la parte de entrenamiento.
protocol-loo = Última acción apartada
protocol-time = Tiempo posterior apartado
seen-keep = con repeticiones
seen-hide = lo visto, oculto
col-model = Modelo
col-family = Familia
col-dot = en una escala común
col-users = Usuarios
col-fit = Ajuste, s de CPU
col-memory = Memoria, MB
col-coverage = Cobertura@10
family-counts = Recuentos
family-baseline = Referencia
family-linear = Lineal
family-other = Modelo
board-left-out = { $n } usuarios fuera: pocas acciones para este protocolo, o lo apartado ya se había visto.
board-summary = { $best } ordena mejor, con NDCG@10 { $value }.
board-none-title = Aún sin medir
board-none-text = Mida los modelos con
holds-title = ¿Se sostienen los motivos cuando se quitan?
holds-read-score = Puntuación que queda sin las cinco primeras causas de cada orden (DEL@5): menos es mejor. Línea: intervalo del 95 %; discontinua: lo más reciente primero. Primeros artículos de { $n } clientes.
holds-read-probability = Probabilidad que queda sin las cinco primeras causas de cada orden (DEL@5): menos es mejor. Línea: intervalo del 95 %; discontinua: lo más reciente primero. Primeros artículos de { $n } clientes.
holds-sets = «Sin estas sale de la lista» se encontró para { $found } de los artículos, y se cumple en { $true } de los casos al calcularlo.
holds-none-title = Aún sin medir
holds-none-text = Mida los motivos de esta instantánea con
rival-service = Lo que dice la tienda
rival-random = Al azar
rival-recency = Lo más reciente primero
rival-popularity = Lo más popular primero
rival-leave-one-out = Quitar una a una
rival-lime = LIME
rival-shapley = Shapley
rival-attention = Atención, última capa
rival-lxr = LXR, máscaras aprendidas
senses-title = ¿Se gana su lugar cada sentido?
senses-read = NDCG@10 que pierde { $model } sin él, con intervalo emparejado del 95 %. Hueco: no se ha visto que ayude.
senses-col = Sin
senses-all = todos los artículos
senses-new = artículos nuevos
senses-none-title = Aún sin medir
senses-none-text = Mida los modelos una vez más sin una característica con
snapshots-title = ¿Qué está en marcha, y qué puede volver?
snapshots-read = «{ $command }» vuelve a la anterior, y otra vez lo deshace; con un nombre, a cualquiera. Un servicio en marcha la sigue en su próxima petición.
col-snapshot = Instantánea
col-made = Hecha
col-state = Estado
col-learning = Aprendizaje
curve-validation = Validación en { $n } épocas, la mejor { $value } en la época { $best }
curve-loss = Pérdida en { $n } épocas, { $value } en la última
state-live = en marcha
state-kept = guardada
state-before = en marcha antes
snapshots-none-title = Aún no hay instantáneas
snapshots-none-text = Ajuste los modelos con
small-multiples = { $a }, { $b }

# Datos
data-title = Médico de datos
data-facts = { $events } acciones · { $users } clientes · { $items } artículos
findings-title = ¿Qué está mal en estos datos, y qué se hizo?
findings-read = Nada se descarta en silencio. Elija una fila para ver muestras.
findings-read-report = Nada se descarta en silencio. Por gravedad, luego por parte.
findings-none-title = No se encontró nada mal
findings-none-text = Todas las pruebas pasaron.
col-severity = Gravedad
col-finding = Hallazgo
col-rows = Filas
col-share = Parte
col-action = Qué hace la limpieza
severity-error = Error
severity-warning = Aviso
severity-note = Nota
n-errors = { $n ->
    [one] 1 error
   *[other] { $n } errores
  }
n-warnings = { $n ->
    [one] 1 aviso
   *[other] { $n } avisos
  }
n-notes = { $n ->
    [one] 1 nota
   *[other] { $n } notas
  }
samples = Filas de muestra
sample-title = Muestra: { $name }
sample-read = { $shown } de { $count }.
sample-none = Este hallazgo es de toda la tabla; no tiene filas de muestra.
where-title = ¿Adónde fue cada acción?
where-read = { $read } leídas = guardadas + apartadas + unidas
where-kept = { $n } guardadas
where-aside = Cuarentena
where-merged = Unidas
where-scale = las partes de menos del 1 % se dibujan más anchas de lo que son
users-title = ¿Cuánto historial hay?
users-read = Clientes por número de acciones
items-title = ¿Cuántos artículos están fríos?
items-read = Artículos por número de acciones; rosa: menos de 5, sus motivos descansan en poco
hours-title = ¿Cuándo llegan las acciones?
hours-read = Acciones por hora del día, como se registraron
axis-events = acciones, desde
axis-item-events = acciones del artículo, desde
axis-hour = hora
users-summary = Lo más frecuente: { $label } acciones o más ({ $value } clientes).
items-summary = Lo más frecuente: { $label } acciones o más ({ $value } artículos).
hours-summary = La mayoría llega en la hora { $label } ({ $value }).

# Imágenes de un artículo, de una página, de todos los clientes
parts-title = ¿De qué está hecha la puntuación de «{ $item }»?
parts-read = Partes de la puntuación. Los grupos de acciones se solapan, así que no suman ({ $unit }).
by-member = Por miembro del modelo
by-kind = Por tipo de acción
by-group = Grupos de acciones: lo que pierde el artículo sin todas ellas
part-several = varios tipos
group-kind = todas las acciones: { $kind }
group-value = { $attribute } «{ $value }»
columns-title = ¿Cuándo ganó y perdió «{ $item }»?
columns-read-day = Lo que añaden (arriba) y quitan (abajo) las acciones de cada día, en { $unit }.
columns-read-week = Lo que añaden (arriba) y quitan (abajo) las acciones de cada semana, en { $unit }. Etiquetas: el lunes de la semana.
network-title = ¿Quién está unido a qué?
network-read = Línea ancha: gran contribución ({ $unit }). Azul sube; naranja, discontinua, baja; punteada: es uno de ellos, no medido.
network-summary = { $events ->
    [one] 1 acción
   *[other] { $events } acciones
  } y { $groups ->
    [one] 1 grupo
   *[other] { $groups } grupos
  } mueven los { $items } primeros artículos.
network-shopper = Cliente
network-event = Acciones: sobre todos los artículos mostrados
network-attribute = Atributos: todas sus acciones
network-item = Artículos: puntuación
col-from = De
col-to = A
col-points = Puntos
col-share-of = Parte
view-compare = Comparar
view-global = Explicación global
global-facts = { $id } · muestra de { $n } clientes, { $places } puestos de sus listas
global-parts-title = ¿Qué mueve más las puntuaciones, en todos los clientes?
global-parts-read = Contribución absoluta media a un puesto, { $unit }, ± su intervalo del 95 %. Los mismos números alimentan la página pública.
global-kinds-title = ¿Qué tipos de acción mueven más las puntuaciones?
global-kinds-read = Contribución absoluta media de todas las acciones del tipo a un puesto, { $unit }; partes entre las acciones.
global-ages-title = ¿Hasta dónde recuerda la lista?
global-ages-read = Contribución absoluta media de una acción según su edad, { $unit }.
global-ages-axis = edad de la acción, días desde
global-prices-title = ¿Mueven los precios las puntuaciones?
global-prices-read = Puntuación según el precio, menos la media del cliente sobre todos los productos, { $unit }: media y mitad central de los clientes. Una imagen de lo que hay, no una causa.
global-prices-axis = precio, desde
global-none = No se midió bastante para esta imagen.
age-from = { $days }

# Informe
report-title = ¿Por qué esta lista?
report-made = Informe de { $shop } para el cliente { $user }, hecho el { $at }
report-offline = Este archivo no necesita red.
reasons-title = ¿Qué se recomienda, y por qué?
reasons-read = Barra: rayado = popularidad, azul sube, naranja baja; juntos, la puntuación ({ $unit }).
report-none = { $user } no tiene acciones que el modelo conozca; la lista es la popular.
seg-popular = popularidad
seg-first = mayor motivo
seg-more = otras acciones
seg-lower = lo baja

# Scenarios
scenario = Tipo de lista
scenario-personal = Para ti
scenario-personal-text = Lo que esta persona puede querer ahora.
scenario-new = Novedades
scenario-new-text = Lo que llegó hace poco o pocos han elegido.
scenario-related = Relacionados
scenario-related-text = Lo que va con el artículo de la última acción.
scenario-content = Lecturas
scenario-content-text = Artículos y vídeos, los recientes primero.
scenario-cross-platform = Todas las plataformas
scenario-cross-platform-text = También con las otras cuentas de la persona, si lo permitió.
scenario-multilingual = A la venta aquí
scenario-multilingual-text = Lo que se vende donde está quien lee, en su idioma.
scenario-related-title = ¿Qué va con esto?
scenario-related-read = Contado y puntuado para «{ $item }»: no importa quién pregunta.
relation = Cómo se relaciona
relation-all = Todo
relation-complement = Va con esto
relation-substitute = En su lugar
relation-together = Comprado junto
relation-next = El siguiente paso
relation-popular = popular

# Qué fue de las listas, y cómo se hizo una
view-lists = Qué fue de las listas
view-trace = Cómo se hizo
stats-facts = { $lists } listas en { $days } días
stats-title = ¿Qué fue de las listas mostradas?
stats-read-impressions = De lo que se vio (impresiones). Corregido: como si cada puesto se mirara como el mejor. Conversión: compras por clic.
stats-read-lists = De todo lo listado; la tienda no envía impresiones. Corregido: como si cada puesto se mirara como el mejor. Conversión: compras por clic.
stats-none-title = No se dio ninguna lista en este tiempo
stats-none-text = Las listas se cuentan cuando se piden; los eventos dicen en «answers» a qué lista responden.
stats-all = Todo
stats-by-all = Todo
stats-by-scenario = ¿Qué tipo de lista funciona?
stats-by-model = ¿Qué modelo funciona?
stats-by-source = ¿Qué fuente funciona?
stats-by-reason = ¿Qué tipo de razón funciona?
stats-by-mix = ¿Qué mezcla del modelo funciona?
stats-shown = Mostrados
stats-click-through = Clics
stats-corrected = Corregido
stats-conversion = Conversión
stats-satisfaction = «Útil»
reason-bought = lo que compró
reason-order = lo que suele venir después
reason-content = de qué está hecho
reason-explore = gusto, o una prueba
reason-popular = popularidad
reason-none = ninguna
source-history = historial
source-popular = popular
source-content = contenido
source-first-events = primeros eventos
source-new = nuevo
source-page = página
source-together = comprados juntos
source-complement = complemento
source-substitute = sustituto
source-next = siguiente paso
source-fresh = reciente
source-other-platform = otra plataforma
source-language = idioma
source-explore = prueba
source-pinned = fijado
source-sponsored = patrocinado
trace-title = ¿Cómo se formó cada puesto?
trace-read = Puntuación: del modelo. Puntos: de impulsos y novedad. Las etapas están en el aviso de cada título.
trace-funnel-title = De todos los artículos a la lista
trace-funnel-read = Según la instantánea { $id }, con el catálogo de ahora.
trace-all = Artículos de la instantánea
trace-left = Pueden estar en la lista
trace-rules = Reglas que se siguieron
trace-no-rules = Ninguna: el orden es el de la puntuación.
trace-mix = Mezcla «{ $name }», elegida por lo que rindieron listas anteriores
col-source = Fuente
col-rules = Qué hicieron las reglas
ask-title = ¿Por qué un artículo no está en la lista?
ask-read = Da el identificador de cualquier artículo del catálogo.
ask-field = Identificador de un artículo
ask-numbers = Puntuación { $score }, { $points } puntos por reglas; puesto { $rank } solo por puntuación entre lo que dejan los filtros.
verdict-on = está en la lista, en el puesto { $place }.
verdict-fell = quedó fuera: { $filters }.
verdict-else = Si no, estaría en el puesto { $place }.
verdict-rule = una regla lo dejó fuera: { $rule }. Antes estaba en el puesto { $place }.
verdict-below = estaría en el puesto { $place }; la lista tiene { $n } puestos.
verdict-lacks = Le faltan { $points } puntos.
verdict-new = es más nuevo que la instantánea: aparece donde hay sitio, y por su puntuación tras el próximo entrenamiento.
verdict-no-score = el modelo no le da puntuación.
rule-boost = impulso
rule-freshness = novedad
rule-diversity = variedad
rule-cap = tope
rule-pin = puesto fijo
rule-sponsored = puesto patrocinado
rule-explore = prueba
