"""A simulated electronics shop: made-up goods, made-up shoppers, and the causes of what they do, written down.

Nobody in it exists. Its causes are planted, so that a reason can be held against the truth. How shoppers choose
(shoppers.py) shares no code with any model: that is looked up in tables of what goes with what, never scored.
"""
