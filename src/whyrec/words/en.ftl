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
spaced = no

## One cause: a name, how often, when

once = { $name }
once-on = { $name } ({ $date })
often = { $name } ({ $count } times)
# A rating with what it said.
valued = { $name } with { $value }
often-on = { $name } ({ $count } times, last on { $date })

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

## One line in a list

line-because = Because you { $clauses }
line-popular = Popular now
line-none = No measured reason
