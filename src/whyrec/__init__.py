"""whyrec recommends products in online shops and proves why.

import whyrec
shop = whyrec.open("my-shop")
shop.recommend(user="42", n=10)
shop.explain(user="42", item="1001")
"""

__version__ = "0.1.0"
