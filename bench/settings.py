"""The product's own settings, with the yardsticks' addresses beside its own."""

from vidgo_site.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
