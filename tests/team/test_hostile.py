"""Whatever is sent to an address of the product, the answer is no error of ours."""

import itertools
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

import pytest
from django.contrib import admin
from django.core.wsgi import get_wsgi_application
from django.db import models, transaction
from django.test import Client

from tests.team.test_access import TABLE, address, client_of, house
from vidgo_site.encoding import utf8

__all__ = ["house"]

VALUES = (
    "\x00",
    "-1",
    "9" * 30,
    "0001-01-01",
    "9999-12-31",
    "٣",
    "1e999",
    "(",
    "%f1%ff",
    "x" * 5000,
)
# What the pages read of an address or a form, and what the admin does.
NAMES = (
    *("q", "model", "status", "person", "since", "before", "month", "after", "next", "mix", "loop"),
    *("id", "task", "tasks", "track", "upload", "source", "form_key", "task_id", "username"),
    *("p", "o", "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters", "term"),
    *("action", "_selected_action", "app_label", "model_name", "field_name"),
)
LOOKUPS = ("", "__exact", "__gte", "__range", "__year", "__regex", "__isnull", "__in", "__date")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def root(house: dict[str, Any]) -> Client:
    """An administrator's browser, in a house where there is one of everything."""
    return client_of("administrator")


def answered(client: Client, method: str, path: str, query: str, body: Any = None) -> int:
    """Return the status of an answer, read to its end; what it has changed is taken back."""
    with transaction.atomic():
        response = client.generic(method, f"{path}?{query}", body or "", content_type=FORM)
        if response.streaming:
            b"".join(response.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return response.status_code


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(3))
def test_no_page_fails_over_its_address_or_its_form(
    root: Client, house: dict[str, Any], turn: int
) -> None:
    values = itertools.cycle(VALUES[turn:] + VALUES[:turn])
    failed = []
    for name, method in itertools.product(TABLE, ("GET", "POST")):
        if not name.endswith("logout") and name not in ("readyz", "mix"):
            told = urlencode(dict(zip(NAMES, values, strict=False)))
            if answered(root, method, address(name, house), told, told) >= 500:
                failed.append((name, method, told))
    assert not failed


def hostile_filters(model: type[models.Model]) -> list[str]:
    """Return for each column of `model` a filter that does not fit it, and searches."""
    columns = [field.name for field in model._meta.get_fields() if field.concrete]
    pairs = zip(columns, itertools.cycle(LOOKUPS), itertools.cycle(VALUES), strict=False)
    filters = [{f"{column}{lookup}": value} for column, lookup, value in pairs]
    return [urlencode(each) for each in (*filters, *({"q": value} for value in VALUES))]


@pytest.mark.parametrize("model", admin.site._registry, ids=str)
def test_no_list_of_the_admin_fails_over_a_filter_or_a_search(
    root: Client, model: type[models.Model]
) -> None:
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    known = ("status=%00", "created_at__gte=0001-01-01", "created_at__year=9999", "e=1&status=%00")
    failed = [
        query
        for query in (*hostile_filters(model), *known)
        if answered(root, "GET", path, query) >= 500
    ]
    assert not failed


def test_a_filter_that_does_not_fit_leads_to_the_whole_list(root: Client) -> None:
    page = root.get("/admin/studio/task/?created_at__year=-1", follow=True)
    assert page.redirect_chain == [("/admin/studio/task/?e=1", 302)]
    assert page.status_code == 200


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (f"{FORM}; charset=utf-16", 400),
        (f"{FORM}; charset=base64", 400),
        (f"{FORM}; charset*=base64''x", 400),
        ("multipart/form-data; boundary=x; charset=utf-16", 400),
        ("multipart/form-data", 400),
        # Not a form: an empty one, then.
        ("text/plain; charset=base64", 200),
        ("application/json; charset=rot13", 200),
    ],
)
@pytest.mark.usefixtures("db")
def test_a_form_in_another_encoding_is_not_understood(kind: str, status: int) -> None:
    told: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/login/",
        "QUERY_STRING": "q=%00",
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": "3",
        "HTTP_COOKIE": f"csrftoken={'a' * 32}",
        "HTTP_X_CSRFTOKEN": "a" * 32,
        "wsgi.input": BytesIO(b"a=b"),
    }
    setup_testing_defaults(environ)
    # Without the turns that a web server's threads take.
    utf8(get_wsgi_application())(environ, lambda line, headers: told.append(line))
    assert int(told[0].split()[0]) == status
