"""Django's admin: accounts, the house's rules, histories to read, and what may be done from there.

Every action calls what the product's own pages call. Django finds the tables by importing this.
"""

from studio.admin import accounts, histories

__all__ = ["accounts", "histories"]
