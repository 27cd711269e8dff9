# Labels of the console and the report. Sentences about reasons are in whyrec/words.
tab-shopper = Shopper
tab-models = Models
tab-data = Data
tab-transparency = Transparency
demo = Demo data
demo-why = Data of a demonstration, not of a live shop
theme-light = Light
theme-dark = Dark
language = Language

kind-purchase = bought
kind-cart = put in the cart
kind-favourite = marked as favourite
kind-like = liked
kind-share = shared
kind-bookmark = bookmarked
kind-comment = commented on
kind-follow = followed
kind-rating = rated
kind-view = viewed
kind-click = clicked
kind-search = searched for
kind-dwell = stayed with
kind-dislike = disliked
kind-removed = removed
kind-context = are looking at
kind-low-rating = rated low

# Shopper
find-shopper = Find a shopper
find-hint = id, or the beginning of one
unknown-title = No shopper has this id
unknown-text = They get the list for a shopper without history: popularity only. Check the id, or take another shopper.
pick-title = Whose list do you want to understand?
pick-text = Type a shopper's id above, or take one of these.
facts-events = { $n ->
    [one] 1 event
   *[other] { $count } events
  } · { $first } to { $last }
facts-none = no events
facts-snapshot = Snapshot { $id }
facts-request = Request { $at }
facts-repeats-keep = repeats allowed
facts-repeats-hide = seen items hidden
view-list = List
view-item = One item
matrix-title = Which past events put which items on this list?
matrix-read = Each cell: { $unit } the item loses when the event is taken away. Untick a row = as if it had not happened.
matrix-read-report = Each cell: { $unit } the item loses when the event is taken away. Columns add up to the score.
matrix-corner = event ↓ items →
matrix-total = Page total
matrix-summary = “{ $event }” matters most for this page: { $total } { $unit } over { $n } items.
matrix-summary-none = No past event moves a score on this page.
matrix-other = other { $n } events
matrix-other-tip = The { $n } events with the smallest effect on this page, added up
matrix-popular = Popularity (empty score)
matrix-gap = Not assigned (gap)
matrix-sum = Score = sum of column
matrix-tick = Count this event: { $event }
matrix-open = Why { $item }?
unit-0 = score points
unit-3 = thousandths of a score point
unit-6 = millionths of a score point
scale-lowers = lowers
scale-raises = raises
gap-ok = largest gap { $gap } (limit 1e-6)
gap-bad = largest gap { $gap } is over the limit 1e-6: this picture is not reliable
gap-approximate = { $method }: largest gap { $gap }
times = × { $n }
event-named = { $kind } { $title }
what-one = “{ $title }” ({ $kind } { $day })
what-often = “{ $title }” ({ $kind }, { $n } times)
what-joint = {" and "}
no-item = (no item)
line-title = When did things happen?
line-read = Height: what the event adds to the whole page, in { $unit }. Hollow: no real effect.
line-earlier = ← { $n } earlier
line-summary = { $n } events from { $first } to { $last }; the largest effect: { $event } { $unit }.
show-table = Show as table
col-event = Event
col-date = Date
col-kind = Kind
col-effect = Effect
list-title = What is on the list now?
list-read = Score: { $unit }. Filled: what this shopper did; hatched: popularity. Untick an event to see what moves.
moves-title = What moves if that had not happened?
moves-read = Off: { $what }. Re-run for real, { $ms } ms.
moves-and = { $first } and { $n } more
col-now = Now
col-item = Item
col-score = Score
col-move = Move
move-new = new
move-left = Left the first { $n }
move-beyond = >{ $n }
moves-summary = { $n ->
    [0] No item changes its place.
    [one] 1 item changes its place.
   *[other] { $n } items change their place.
  }
held = The sentence shown in the shop holds: without { $what }, “{ $item }” is number { $rank }.
rerun = Re-run: without { $what }, “{ $item }” goes from { $before } to { $after }.
rerun-out = Re-run: without { $what }, “{ $item }” is not among the first { $rank }.
restore = Restore all
export = Export record (JSON)
preview = preview only
item-title = Where does the score { $score } of “{ $item }” come from?
item-read = From the score with nothing known about the shopper, step by step, to the whole score ({ $unit }).
item-summary = { $score } { $unit }: { $empty } for everyone, { $personal } because of this shopper's events.
step-popular = Popularity (empty score)
step-other = other { $n } events
step-gap = Not assigned (gap)
step-whole = Whole score
contrast-title = Why “{ $a }” rather than “{ $b }”?
contrast-read = Each bar: contribution to A minus contribution to B; together the difference { $gap } ({ $unit }).
contrast-read-shapley = Each bar: what the event gives to the difference between A and B, shared out by Shapley (standard error up to { $error }); together the difference { $gap } ({ $unit }).
contrast-a = favours A
contrast-b = favours B
contrast-whole = Difference A − B
contrast-pick = Compare with
attention-title = Where does the model look for “{ $item }”?
attention-read-self = Attention of the newest event in the last layer, mean of its heads: a picture of the model, not a reason.
attention-read-cross = Attention of the request's own query in the last layer, mean of its heads: a picture of the model, not a reason.
attention-worth-probability = Worth as a reason, measured: without the five events looked at most, { $looks } of the item's probability is left; without its first five reasons, { $reasons }. Less is better.
attention-worth-score = Worth as a reason, measured: without the five events looked at most, { $looks } of the item's score is left; without its first five reasons, { $reasons }. Less is better.
attention-col-looks = Attention
attention-col-reason = Measured effect ({ $unit })
words-title = What is the shopper told, and does it hold?
words-read = Filled from the measured record only; the green box was run again.
words-none = Taking away past events, up to the largest set tried, did not move this item out of the list.
sources = Found by: { $names }
method-exact = exact
method-leave-one-out = leave-one-out
no-model-title = No trained model yet
no-model-text = A list needs a model. Fit one with
popular-only-title = This shopper has no events
popular-only-text = The list is the common one: popularity only. The first event changes the next list.
error-title = This view could not be made
error-text = Nothing was lost.

events-n = { $n ->
    [one] 1 event
   *[other] { $count } events
  }
not-listed-title = This item is not on the list
not-listed-text = Go back to the list and choose one of its items.

# Models
models-title = Models
models-facts = { $users } users · { $items } items · { $events } events
board-title = Which model ranks best, and what does it cost?
board-read = Dot and line: NDCG@10 with its 95 % interval, on a scale from 0 to { $top }, the same for all rows. Fitted on the training part only.
protocol-loo = Last event held out
protocol-time = Later time held out
seen-keep = repeats kept
seen-hide = seen items hidden
col-model = Model
col-family = Family
col-dot = on a common scale
col-users = Users
col-fit = Fit, CPU s
col-memory = Memory, MB
col-coverage = Coverage@10
family-counts = Counts
family-baseline = Baseline
family-linear = Linear
family-other = Model
board-left-out = { $n } users left out: too few events for this protocol, or what was held out had been seen before.
board-summary = { $best } ranks best with NDCG@10 { $value }.
board-none-title = Not measured yet
board-none-text = Measure the models with
holds-title = Do the reasons hold when they are taken away?
holds-read-score = Score left without the first five causes of each order (DEL@5): lower is better. Line: 95 % interval; dashed: most recent first. First items of { $n } shoppers.
holds-read-probability = Probability left without the first five causes of each order (DEL@5): lower is better. Line: 95 % interval; dashed: most recent first. First items of { $n } shoppers.
holds-sets = “Without these it leaves the list” was found for { $found } of the items, and holds in { $true } of the cases when it is run.
holds-none-title = Not measured yet
holds-none-text = Measure the reasons of this snapshot with
rival-service = What the shop says
rival-random = Random
rival-recency = Most recent first
rival-popularity = Most popular first
rival-leave-one-out = Leave-one-out
rival-lime = LIME
rival-shapley = Shapley
rival-attention = Attention, last layer
rival-lxr = LXR, learned masks
senses-title = Does each sense earn its place?
senses-read = NDCG@10 that { $model } loses without it, with a paired 95 % interval. Hollow: not shown to help.
senses-col = Without
senses-all = all items
senses-new = new items
senses-none-title = Not measured yet
senses-none-text = Measure the models once more without a feature with
snapshots-title = What is live, and what can come back?
snapshots-read = “{ $command }” goes back to the one before, again undoes it; with a name, to any. A running service follows at its next request.
col-snapshot = Snapshot
col-made = Made
col-state = State
col-learning = Learning
curve-validation = Validation over { $n } epochs, best { $value } in epoch { $best }
curve-loss = Loss over { $n } epochs, { $value } in the last
state-live = live
state-kept = kept
state-before = live before
snapshots-none-title = No snapshot yet
snapshots-none-text = Fit the models with
small-multiples = { $a }, { $b }

# Data
data-title = Data doctor
data-facts = { $events } events · { $users } shoppers · { $items } items
findings-title = What is wrong with this data, and what was done about it?
findings-read = Nothing is dropped in silence. Pick a row to see samples.
findings-read-report = Nothing is dropped in silence. Sorted by severity, then share.
findings-none-title = Nothing wrong was found
findings-none-text = All checks passed.
col-severity = Severity
col-finding = Finding
col-rows = Rows
col-share = Share
col-action = What cleaning does
severity-error = Error
severity-warning = Warning
severity-note = Note
n-errors = { $n ->
    [one] 1 error
   *[other] { $n } errors
  }
n-warnings = { $n ->
    [one] 1 warning
   *[other] { $n } warnings
  }
n-notes = { $n ->
    [one] 1 note
   *[other] { $n } notes
  }
samples = Sample rows
sample-title = Sample: { $name }
sample-read = { $shown } of { $count }.
sample-none = This finding is about the whole table; it has no sample rows.
where-title = Where did every event go?
where-read = { $read } read = kept + held back + merged
where-kept = { $n } kept
where-aside = Quarantine
where-merged = Merged
where-scale = parts below 1 % are drawn wider than they are
users-title = How much history is there?
users-read = Shoppers by number of events
items-title = How many items are cold?
items-read = Items by number of events; pink: fewer than 5, their reasons rest on little
hours-title = When do events arrive?
hours-read = Events by hour of day, as recorded
axis-events = events, from
axis-item-events = events of the item, from
axis-hour = hour
users-summary = Most frequent: { $label } events or more ({ $value } shoppers).
items-summary = Most frequent: { $label } events or more ({ $value } items).
hours-summary = Most events come in hour { $label } ({ $value }).

# Pictures of one item, of a page, of all shoppers
parts-title = What is the score of “{ $item }” made of?
parts-read = Shares of the score. Groups of events overlap, so they do not add up ({ $unit }).
by-member = By member of the model
by-kind = By kind of event
by-group = Groups of events: what the item loses without all of them
part-several = several kinds
group-kind = all events: { $kind }
group-value = { $attribute } “{ $value }”
columns-title = When did “{ $item }” gain and lose?
columns-read-day = What the events of each day add (up) and take (down), in { $unit }.
columns-read-week = What the events of each week add (up) and take (down), in { $unit }. Labels: Monday of the week.
network-title = Who is joined to what?
network-read = Wide line: large contribution ({ $unit }). Blue raises; orange, dashed, lowers; dotted: is one of them, not measured.
network-summary = { $events ->
    [one] 1 event
   *[other] { $events } events
  } and { $groups ->
    [one] 1 group
   *[other] { $groups } groups
  } move the first { $items } items.
network-shopper = Shopper
network-event = Events: on all items shown
network-attribute = Attributes: all their events
network-item = Items: score
col-from = From
col-to = To
col-points = Points
col-share-of = Share
view-compare = Compare
view-global = Global explanation
global-facts = { $id } · sample of { $n } shoppers, { $places } places of their lists
global-parts-title = What moves scores most, over all shoppers?
global-parts-read = Mean absolute contribution to a place, { $unit }, ± its 95 % interval. The same numbers feed the public page.
global-kinds-title = Which kinds of event move scores most?
global-kinds-read = Mean absolute contribution of all events of the kind to a place, { $unit }; shares among events.
global-ages-title = How far back does the list remember?
global-ages-read = Mean absolute contribution of one event by its age, { $unit }.
global-ages-axis = age of the event, days from
global-prices-title = Do prices move scores?
global-prices-read = Score against price, less the shopper's mean over all products, { $unit }: mean and middle half of shoppers. A picture of what is, not a cause.
global-prices-axis = price, from
global-none = Not enough was measured for this picture.
age-from = { $days }

# Report
report-title = Why this list?
report-made = Report of { $shop } for shopper { $user }, made { $at }
report-offline = This file needs no network.
reasons-title = What is recommended, and why?
reasons-read = Bar: hatched = popularity, blue raises, orange lowers; together the score ({ $unit }).
report-none = { $user } has no events that the model knows; the list is the popular one.
seg-popular = popularity
seg-first = largest reason
seg-more = other events
seg-lower = lowers it

# Scenarios
scenario = Kind of list
scenario-personal = For you
scenario-personal-text = What this shopper may want next.
scenario-new = New
scenario-new-text = What came in lately, or few have chosen yet.
scenario-related = Related
scenario-related-text = What goes with the item of the newest event.
scenario-content = Reading
scenario-content-text = Articles and videos, fresh ones first.
scenario-cross-platform = All platforms
scenario-cross-platform-text = With the person’s other accounts, where they allowed it.
scenario-multilingual = Sold here
scenario-multilingual-text = What is sold where the reader is, in their language.
scenario-related-title = What goes with it?
scenario-related-read = Counted and scored for “{ $item }”: who asks does not matter.
relation = What goes with it
relation-all = All
relation-complement = Goes with it
relation-substitute = Instead of it
relation-together = Bought together
relation-next = Next step
relation-popular = popular

# What became of lists, and how one came about
view-lists = What became of lists
view-trace = How it was made
stats-facts = { $lists } lists in { $days } days
stats-title = What became of the lists that were shown?
stats-read-impressions = Of what was seen (impressions). Corrected: as if every place were looked at like the best one. Conversion: purchases by click.
stats-read-lists = Of everything listed; the shop sends no impressions. Corrected: as if every place were looked at like the best one. Conversion: purchases by click.
stats-none-title = No list was given in this time
stats-none-text = Lists are counted once they are asked for; events say in “answers” which list they answer.
stats-all = All
stats-by-all = All
stats-by-scenario = Which kind of list works?
stats-by-model = Which model works?
stats-by-source = Which source works?
stats-by-reason = Which kind of reason works?
stats-by-mix = Which mix of the model works?
stats-shown = Shown
stats-click-through = Clicks
stats-corrected = Corrected
stats-conversion = Conversion
stats-satisfaction = “Helpful”
reason-bought = what they bought
reason-order = what usually comes next
reason-content = what it is made of
reason-explore = taste, or a trial
reason-popular = popularity
reason-none = none
source-history = history
source-popular = popular
source-content = content
source-first-events = first events
source-new = new
source-page = page
source-together = bought together
source-complement = complement
source-substitute = substitute
source-next = next step
source-fresh = fresh
source-other-platform = other platform
source-language = language
source-explore = trial
source-pinned = pinned
source-sponsored = sponsored
trace-title = How did each place come about?
trace-read = Score: of the model. Points: of boosts and freshness. The stages are in the tip of each title.
trace-funnel-title = From all items to the list
trace-funnel-read = By snapshot { $id }, on the catalogue as it is now.
trace-all = Items of the snapshot
trace-left = May stand on the list
trace-rules = Rules that were followed
trace-no-rules = None: the order is that of the score.
trace-mix = Mix “{ $name }”, chosen by what earlier lists earned
col-source = Source
col-rules = What rules did
ask-title = Why is an item not on the list?
ask-read = Give the id of any item of the catalogue.
ask-field = Id of an item
ask-numbers = Score { $score }, { $points } points by rules; { $rank } by score alone among what the filters leave.
verdict-on = it is on the list, at { $place }.
verdict-fell = it was taken out: { $filters }.
verdict-else = Without that it would be { $place }.
verdict-rule = a rule kept it off: { $rule }. It was { $place } before.
verdict-below = it would be { $place }; the list has { $n } places.
verdict-lacks = It lacks { $points } points.
verdict-new = it is newer than the snapshot: it stands where there is room, and by its score after the next training.
verdict-no-score = the model has no score for it.
rule-boost = boost
rule-freshness = freshness
rule-diversity = variety
rule-cap = cap
rule-pin = pinned place
rule-sponsored = sponsored place
rule-explore = trial
