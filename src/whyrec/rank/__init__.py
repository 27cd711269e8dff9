"""From a query to a list: candidates, rules, order; and how well the lists do."""
