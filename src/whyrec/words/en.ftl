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
attribute-platform = platform
attribute-modality = medium

## One line in a list

line-because = Because you { $clauses }
line-popular = Popular now
line-none = No measured reason
