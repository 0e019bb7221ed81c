"""What an account pays for a model's pictures. Pure; all arithmetic is whole nano-dollars.

`forms` has the kinds of price there are and what each is a function of, `written` reads them as people write them,
`book` has every model's.
"""

from limner.prices.book import Bill, Listing, PriceBook, price_of, published
from limner.prices.forms import Band, Banded, Free, PerImage, PerMegapixel, Price, Step, TokenRates, Work
from limner.prices.written import InvalidPrice, PriceSetting, Unpriced

__all__ = [
    "Band",
    "Banded",
    "Bill",
    "Free",
    "InvalidPrice",
    "Listing",
    "PerImage",
    "PerMegapixel",
    "Price",
    "PriceBook",
    "PriceSetting",
    "Step",
    "TokenRates",
    "Unpriced",
    "Work",
    "price_of",
    "published",
]
