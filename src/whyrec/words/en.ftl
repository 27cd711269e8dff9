# English. A language is one file like this one; say.py finds it by its name.
# Every { $thing } is a slot of the measured record, and nothing else is said.

## How this language writes

# Babel's locale, for dates, numbers and lists.
babel = en_GB
# Names stand in quotation marks, so that no name can be read as a part of the sentence.
quote-open = “
quote-close = ”
# Quotation marks inside a name become these.
inner-open = ‘
inner-close = ’
# yes: a space between digits and letters of a date.
spaced = no
# Between two sentences.
between = {" "}

## One cause: a name, how often, when

once = { $name }
once-on = { $name } ({ $date })
often = { $name } ({ $number } times)
# A rating with what it said.
valued = { $name } with { $value }
often-on = { $name } ({ $number } times, last on { $date })

## What the shopper did, by kind of event

did-purchase = bought { $things }
did-cart = added { $things } to the cart
did-favourite = saved { $things }
did-like = liked { $things }
did-share = shared { $things }
did-bookmark = bookmarked { $things }
did-comment = commented on { $things }
did-follow = followed { $things }
did-rating = rated { $things }
did-view = viewed { $things }
did-click = clicked on { $things }
did-search = searched for { $things }
did-dwell = spent time on { $things }
did-dislike = disliked { $things }
did-read = read { $things }
did-watch = watched { $things }
did-context = are looking at { $things }
did-days = visited from { $first } to { $last } ({ $count ->
    [one] 1 time
   *[other] { $number } times
})
did-early = visited before ({ $count ->
    [one] 1 time
   *[other] { $number } times
})

clauses-next = { $clauses }, { $clause }
clauses-last = { $clauses }, and { $clause }
with-others = { $clauses }, together with { $count ->
    [one] 1 other event
   *[other] { $number } other events
}

## Sentences

because = Because you { $clauses }.
mostly-popular = Mostly because it is popular now ({ $percent }); also because you { $clauses }.
only-popular = Because it is popular now.
none = Nothing you did raises it.

checked = Checked: without { $things } this would be { $rank }.
without = { $name }
without-part = { $name } ({ $count } of { $of } times)
without-search = the search for { $name }
without-search-part = the search for { $name } ({ $count } of { $of } times)
without-others = { $count ->
    [one] 1 more
   *[other] { $number } more
}
rank = { $form ->
    [one] { $rank }st
    [two] { $rank }nd
    [few] { $rank }rd
   *[other] { $rank }th
}

enough = Checked: { $things } alone would keep it on the list, { $rank }.
covered = The reasons named here are { $percent } of its score.
covered-popular = The reasons named here are { $percent } of its score, its popularity is { $popular }.

## What a score is made of

parts = Its score is made up like this: { $parts }.
share = { $percent } { $part }
part-events = what you did
part-order = the order of your visits
part-together = what is often chosen with what you chose
part-taste = your taste as a whole
part-same = that you had it before
part-alike = how alike it is to what you chose
part-popular = how popular it is
part-recent = how wanted it is lately
part-fresh = how new it is
part-context = the circumstances of your visit
part-search = what you searched for

## Groups of events

together = Together, { $group } are { $percent } of its score.
together-raise = Together, { $group } raise it.
events = { $count ->
    [one] 1 event
   *[other] { $number } events
}
group-value = { $events } with the { $attribute } { $name }
group-value-own = { $events } with its own { $attribute } { $name }
group-price = { $events } at a price from { $low } to { $high }
group-price-own = { $events } at a price from { $low } to { $high }, as its own,
group-days = { $events } from { $first } to { $last }
count-purchase = { $number } purchases
count-cart = { $number } things put into the cart
count-favourite = { $number } things saved
count-like = { $number } likes
count-share = { $number } things shared
count-bookmark = { $number } bookmarks
count-comment = { $number } comments
count-follow = { $number } follows
count-rating = { $number } ratings
count-view = { $number } views
count-click = { $number } clicks
count-search = { $number } searches
count-dwell = { $number } longer looks
count-dislike = { $number } dislikes

## What of the item the events speak for

alike = What you did speaks for { $things }.
alike-value = its { $attribute } { $name } ({ $percent }, most of it { $most })
alike-word = the word { $name } in its title ({ $percent }, most of it { $most })
# Attributes of the catalogue that have a word; others stand as they are, in quotation marks.
attribute-brand = brand
attribute-category = category
attribute-department = department
attribute-genre = genre
attribute-author = author
attribute-colour = colour
attribute-topic = topic
attribute-platform = platform
attribute-modality = medium
modality-article = article
modality-video = video

## One line in a list

line-because = Because you { $clauses }
line-popular = Popular now
line-none = No measured reason

## The shop's widget: a panel for one item. The browser fills what stands in plain braces

panel-did = You { $clauses }
panel-why = Why?
panel-question-mark = Why “{"{item}"}”?
panel-made-of = What this suggestion is made of
panel-actions = Actions that counted
panel-raises = raises it
panel-lowers = lowers it
panel-no-effect = no real effect
panel-today = today
panel-not-this = Not because of this
panel-like = Like
panel-dislike = Dislike
panel-hide = Hide
panel-close = Close
panel-on = Personalisation is on.
panel-on-text = Off: the list uses nothing you did.
panel-off = Personalisation is off.
panel-off-text = The list is the same for everybody.
panel-algorithm = An algorithm chose this order
panel-parameters = main parameters
panel-personal = Personal
panel-moved = { $count ->
    [one] List updated: 1 product moved.
   *[other] List updated: { $number } products moved.
}
panel-updated = List updated.
panel-unmoved = List updated: nothing moved.
panel-undo = Undo
panel-reasons = Reasons
panel-table = Show as a table
panel-empty = Nothing to suggest here yet.
panel-failed = That did not work. Nothing was changed; try again.
panel-picture = picture of the product
panel-removed = Left out as you asked
panel-new = New
panel-when = When
panel-effect = Effect
front-search = Search for products
front-simulated = Simulated shop: products, shoppers and figures are made up.
front-made-up = Demo shop on a public log. Nothing can be bought here.
front-who = Shopper
front-nobody = a new visitor
front-cart = Add to the cart
front-buy = Buy
front-chosen = You are looking at
front-first = Choose a product to see what goes with it.
front-done = Noted. The list below follows it.
tab-personal = For you
tab-personal-text = What you may want next.
tab-new = New
tab-new-text = Hardly anybody has had these yet.
tab-related = Goes with it
tab-related-text = What goes with the product above, or in its place.
tab-content = Articles and videos
tab-content-text = To read and to watch, from what you read and what you bought.
tab-cross-platform = Other platforms
tab-cross-platform-text = What you did elsewhere counts here only if you allow it.
tab-multilingual = Other languages
tab-multilingual-text = Names and reasons in your language.
front-sharing = Allow what you did on your other accounts to count here. It stops at once when you switch it off.
relation-complement = Goes with it
relation-substitute = Instead of it
relation-together = Bought together
relation-next = Next step

## What moves scores over all shoppers: the public page

public-title = How we order products for you
public-lead = An algorithm chooses the order of products here. The shares below were measured on the model in use; nobody typed them in.
public-snapshot = Snapshot { $id }
public-updated = updated { $date }
public-sample = { $count ->
    [one] sample of 1 shopper
   *[other] sample of { $number } shoppers
}
public-parts = What counts most?
public-parts-read = Mean effect of each on a place of a list, as a share of all of them.
public-kinds = Which of your actions count most?
public-kinds-read = What you did, split by what it was.
public-never = Never used
public-never-proof = Each of these was changed in every request of the sample, and no score of any product changed.
public-never-none = Nothing could be shown to be unused.
public-off = Personal suggestions can be switched off
public-off-text = It works at once: the list then uses nothing you did and is the same for everybody.
public-off-how = Shops: send { $flag } with the request.
public-steps = Four steps
public-none = Nothing was measured yet: there are no shoppers with events.
main-events = What you did
main-events-text = Products that go with what you chose move up.
main-order = The order of your visits
main-order-text = Products that often came after your latest steps move up.
main-together = What goes together
main-together-text = Products often chosen with those that you chose move up.
main-taste = Your taste as a whole
main-taste-text = All that you chose is summed up, and products near to it move up.
main-same = What you had before
main-same-text = Products that you already had move up or down.
main-alike = How alike products are
main-alike-text = Brand, words and other properties close to what you chose.
main-popular = How popular it is
main-popular-text = The same for everybody; not about you.
main-recent = What is wanted lately
main-recent-text = Products that many chose in the last days move up. The same for everybody; not about you.
main-fresh = How new it is
main-fresh-text = What was published lately moves up. The same for everybody; not about you.
main-context = The circumstances of your visit
main-context-text = Products wanted more at this time, on this platform or in this language move up.
main-search = What you searched for
main-search-text = Products that have your words, or were chosen after them, move up.
main-other-text = A part of the model.
age-halves = An action that is { $number } days old or older moves a score less than half as much as one of the last { $fresh } days.
act-purchase = What you bought
act-cart = What you put into the cart
act-favourite = What you saved
act-like = What you liked
act-share = What you shared
act-bookmark = What you bookmarked
act-comment = What you commented on
act-follow = What you followed
act-rating = What you rated
act-view = What you viewed
act-click = What you clicked on
act-search = What you searched for
act-dwell = What you looked at for long
act-dislike = What you disliked
act-context = The product on the page
never-shopper = who you are: your customer number
never-profile = what the shop has written down of you ({ $things })
never-platform = the platform that you come from
never-language = your language
never-hour = the time at which you look
step-find = Find
step-find-text = All { $number } products that the model knows are considered.
step-score = Score
step-score-exact = The score of a product is the exact sum of the parts above.
step-score-measured = A model scores each product; the parts above were measured by taking your actions away one by one.
step-rules = Rules
step-rules-hide = Products that are off the shelf, that you hid or that you already had leave.
step-rules-keep = Products that are off the shelf or that you hid leave; those you already had may come again.
step-explain = Explain
step-explain-text = A reason is shown only with the number that was measured for it.

## Facts of a scenario: as a sentence, and as a few words behind the reason in a list

line-facts = { $line } ({ $facts })
short-between = {"; "}
same-value = same { $attribute } { $value }
same-words = { $count ->
    [one] 1 word of the title in common
   *[other] { $number } words of the title in common
}
fact-new-none = New: nobody has chosen it yet.
short-new-none = new
fact-new = New: chosen { $count ->
    [one] once
   *[other] { $number } times
} so far.
short-new = new, chosen { $count ->
    [one] once
   *[other] { $number } times
}
fact-shared = Like { $name }: { $things }.
short-shared = { $things }
fact-fresh = { $days ->
    [0] Published today.
    [one] Published 1 day ago.
   *[other] Published { $number } days ago.
}
short-fresh = { $days ->
    [0] published today
    [one] published 1 day ago
   *[other] published { $number } days ago
}
fact-together-baskets = In one basket with { $name } { $number } times, { $lift } times as often as by chance.
short-together-baskets = in one basket { $number } times, { $lift } times as often as by chance
fact-together-people = { $number } shoppers chose it and { $name }, { $lift } times as many as by chance.
short-together-people = { $number } shoppers chose both, { $lift } times as many as by chance
fact-together-after = Chosen soon after { $name } { $number } times, { $lift } times as often as by chance.
short-together-after = chosen soon after { $number } times, { $lift } times as often as by chance
fact-elsewhere = { $name } was on { $platform }.
short-elsewhere = on { $platform }
fact-circumstance-locale = In your language it is chosen { $lift } times as often as in others.
short-circumstance-locale = { $lift } times as often in your language
fact-circumstance-platform = On { $value } it is chosen { $lift } times as often as elsewhere.
short-circumstance-platform = { $lift } times as often on { $value }
fact-circumstance-daypart = { $value ->
     [night] At night
     [morning] In the morning
     [afternoon] In the afternoon
    *[evening] In the evening
    } it is chosen { $lift } times as often as usual.
short-circumstance-daypart = { $lift } times as often as usual { $value ->
     [night] at night
     [morning] in the morning
     [afternoon] in the afternoon
    *[evening] in the evening
    }
fact-circumstance-weekday = { $value ->
     [monday] On Mondays
     [tuesday] On Tuesdays
     [wednesday] On Wednesdays
     [thursday] On Thursdays
     [friday] On Fridays
     [saturday] On Saturdays
    *[sunday] On Sundays
    } it is chosen { $lift } times as often as usual.
short-circumstance-weekday = { $lift } times as often as usual { $value ->
     [monday] on Mondays
     [tuesday] on Tuesdays
     [wednesday] on Wednesdays
     [thursday] on Thursdays
     [friday] on Fridays
     [saturday] on Saturdays
    *[sunday] on Sundays
    }

## What rules of the shop did to an item, and what filters took

moved-rules = By the shop’s { $count ->
    [one] rule
   *[other] rules
} { $names } it moved from { $before } to { $after }.
moved-new = what is new first
moved-variety = So that the list is varied it moved from { $before } to { $after }.
moved-explore = We are trying this out here: chance put it on this place.
moved-pin = The shop placed it here.
moved-pin-named = The shop placed it here: { $name }.
moved-sponsored = Sponsored.
moved-sponsored-named = Sponsored: { $name }.
line-pinned = Placed by the shop
line-explore = We are trying this out
line-sponsored = Sponsored
line-sponsored-named = Sponsored: { $name }
taken-none = There is no item to recommend.
taken-all = { $count ->
    [one] The only item was taken out by
   *[other] All { $number } items were taken out by
} { $parts }.
taken-part = { $filter } ({ $number })
taken-not-in-the-catalogue = not in the catalogue
taken-off-the-shelf = off the shelf
taken-out-of-stock = out of stock
taken-of-another-kind = of another kind
taken-on-the-page = on the page
taken-excluded = excluded
taken-hidden = hidden
taken-seen = had before
taken-not-new = not new
taken-sold-elsewhere = sold elsewhere
taken-unknown-to-the-snapshot = newer than the snapshot
