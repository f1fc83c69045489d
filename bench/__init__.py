"""How fast the product is, as ratios measured side by side in one run (`make bench`)."""

# Of so many tasks (`fill`), one title holds this word: a thousand tasks fill a page of them.
RARE, RARE_EVERY = "marzipan", 30
