"""The site: settings, the ways to start it, and the version of this release."""

VERSION = "0.1.0"
