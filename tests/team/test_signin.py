"""Signing in: guesses get nowhere from one address or many, and the rightful owner gets in."""

from ipaddress import ip_network
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from studio.team import roles
from vidgo_site.addresses import network

PASSWORD = "correct horse battery"
HOME = "203.0.113.7"


def sign_in(password: str, address: str = HOME, client: Client | None = None, **more: Any) -> bool:
    """Try `password` for ann from `address`. Returns whether it got in."""
    form = {"username": more.pop("name", "ann"), "password": password}
    response = (client or Client()).post("/login/", form, REMOTE_ADDR=address, **more)
    assert response.status_code in (200, 302, 429)
    return response.status_code == 302


def guessed_right(address: Any, guesses: int = 300) -> bool:
    """Send guesses, the right one among those after the first hundred. Returns if it got in.

    A hundred at one name are the most that any limit lets through.
    """
    client = Client()
    return any(
        sign_in(PASSWORD if i % 100 == 99 and i > 100 else f"guess {i}", address(i), client)
        for i in range(guesses)
    )


def test_the_right_password_opens_and_a_wrong_one_does_not(ann: User) -> None:
    assert not sign_in("wrong")
    assert sign_in(PASSWORD)


@pytest.mark.slow
def test_guesses_from_one_address_get_nowhere(ann: User) -> None:
    assert not guessed_right(lambda i: "198.51.100.1")
    # The owner at another address has never been here before, and is let in all the same.
    assert sign_in(PASSWORD)


@pytest.mark.slow
def test_guesses_from_hundreds_of_addresses_get_nowhere(ann: User) -> None:
    assert sign_in(PASSWORD)
    assert not guessed_right(lambda i: f"198.51.{i // 250}.{i % 250}")
    # The owner signs in from where she has signed in before.
    assert sign_in(PASSWORD)


def test_the_owner_s_browser_is_known_from_any_address(ann: User) -> None:
    browser = Client()
    assert sign_in(PASSWORD, client=browser)
    browser.post("/logout/")
    assert not guessed_right(lambda i: f"198.51.{i // 250}.{i % 250}", 210)
    assert not sign_in(PASSWORD, "192.0.2.44")
    assert sign_in(PASSWORD, "192.0.2.44", browser)


def test_a_known_browser_may_not_guess_without_end_either(ann: User) -> None:
    browser = Client()
    sign_in(PASSWORD, client=browser)
    browser.post("/logout/")
    assert not any(sign_in(f"guess {i}", client=browser) for i in range(10))
    assert not sign_in(PASSWORD, client=browser)


def test_a_mark_for_one_name_is_none_for_another_and_cannot_be_made_up(ann: User) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD)
    roles.give(bob, roles.Role.MEMBER)
    browser = Client()
    assert sign_in(PASSWORD, "192.0.2.9", browser, name="bob")
    guessed_right(lambda i: f"198.51.{i // 250}.{i % 250}", 210)
    assert not sign_in(PASSWORD, "192.0.2.44", browser)
    forger = Client()
    forger.cookies["known"] = "ann:x:y"
    assert not sign_in(PASSWORD, "192.0.2.44", forger)


def test_one_stranger_does_not_go_through_all_the_names(ann: User) -> None:
    for i in range(60):
        sign_in("summer2026", "198.51.100.1", name=f"somebody{i}")
    assert not sign_in(PASSWORD, "198.51.100.1")
    assert sign_in(PASSWORD)


@pytest.mark.once
def test_another_user_agent_is_no_new_start(ann: User) -> None:
    for i in range(20):
        sign_in(f"guess {i}", HTTP_USER_AGENT=f"browser {i}")
    assert not sign_in(PASSWORD, HTTP_USER_AGENT="browser 99")


def test_an_ipv6_household_is_one_address(ann: User) -> None:
    for i in range(20):
        sign_in(f"guess {i}", f"2001:db8:1:2::{i:x}")
    assert not sign_in(PASSWORD, "2001:db8:1:2:ffff::1")
    assert sign_in(PASSWORD, "2001:db8:1:3::1")


@pytest.fixture
def behind_proxy(settings: Settings) -> None:
    settings.STUDIO_TRUSTED_PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]


def through(address: str) -> dict[str, Any]:
    return {"address": "127.0.0.1", "HTTP_X_FORWARDED_FOR": address}


@pytest.mark.once
def test_behind_a_proxy_callers_are_told_apart(ann: User, behind_proxy: None) -> None:
    for i in range(20):
        sign_in(f"guess {i}", **through("198.51.100.1"))
    assert not sign_in(PASSWORD, **through("198.51.100.1"))
    assert sign_in(PASSWORD, **through(HOME))


@pytest.mark.once
def test_a_made_up_header_in_front_of_the_proxy_s_own_does_not_help(
    ann: User, behind_proxy: None
) -> None:
    for i in range(20):
        sign_in(f"guess {i}", **through(f"192.0.2.{i}, 198.51.100.1, 10.0.0.3"))
    assert not sign_in(PASSWORD, **through("192.0.2.77, 198.51.100.1, 10.0.0.3"))
    assert {row.ip_address for row in AccessAttempt.objects.all()} == {"198.51.100.1"}


@pytest.mark.once
@pytest.mark.parametrize("proxy", ["::ffff:127.0.0.1", "::FFFF:7f00:1", "::ffff:10.2.3.4"])
def test_a_proxy_is_known_by_its_address_inside_ipv6(
    ann: User, behind_proxy: None, proxy: str
) -> None:
    for i in range(20):
        sign_in(f"guess {i}", proxy, HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert not sign_in(PASSWORD, proxy, HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert sign_in(PASSWORD, proxy, HTTP_X_FORWARDED_FOR=HOME)


@pytest.mark.once
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("198.51.100.1:4711", "198.51.100.1"),
        (" [198.51.100.1]:80 ", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("[::ffff:198.51.100.1]:4711", "198.51.100.1"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::"),
        ("[2001:db8:1:2::9]:4711", "2001:db8:1:2::"),
        ("198.51.100.1:5, 10.0.0.3:6", "198.51.100.1"),
    ],
)
def test_an_address_with_port_and_brackets_is_the_caller_s(
    ann: User, behind_proxy: None, written: str, meant: str
) -> None:
    sign_in("a guess", **through(written))
    assert AccessAttempt.objects.get().ip_address == meant


@pytest.mark.once
def test_networks_are_known_however_they_are_written() -> None:
    assert str(network("::ffff:10.0.0.0/104")) == "10.0.0.0/8"
    assert str(network("::ffff:127.0.0.1")) == "127.0.0.1/32"
    assert str(network("10.0.0.0/8")) == "10.0.0.0/8"
    assert str(network("::/0")) == "::/0"


@pytest.mark.once
def test_without_a_proxy_of_ours_the_header_counts_for_nothing(ann: User) -> None:
    for i in range(20):
        sign_in(f"guess {i}", HTTP_X_FORWARDED_FOR=f"192.0.2.{i}")
    assert not sign_in(PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.99")


@pytest.mark.once
def test_nonsense_in_the_header_is_no_way_around(ann: User, behind_proxy: None) -> None:
    for i in range(20):
        sign_in(f"guess {i}", **through(f"not an address {i}"))
    assert not sign_in(PASSWORD, **through("unknown"))


def test_passwords_stand_in_no_row_of_guesses(ann: User) -> None:
    sign_in("a very secret guess")
    attempt = AccessAttempt.objects.get()
    assert "secret guess" not in f"{attempt.get_data}{attempt.post_data}"


@pytest.mark.once
def test_the_page_says_what_to_do_when_it_is_locked(ann: User) -> None:
    for i in range(10):
        sign_in(f"guess {i}")
    page = Client().post("/login/", {"username": "ann", "password": "x"}, REMOTE_ADDR=HOME)
    assert page.status_code == 429
    assert "quarter of an hour" in page.text


@pytest.mark.once
def test_the_cookies_are_out_of_reach_of_scripts(ann: User) -> None:
    client = Client()
    sign_in(PASSWORD, client=client)
    for name in ("sessionid", "known"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


@pytest.mark.once
def test_the_way_back_after_sign_in_leads_nowhere_else(ann: User) -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"):
        form = {"username": "ann", "password": PASSWORD, "next": target}
        assert Client().post("/login/", form).headers["Location"] == "/"
