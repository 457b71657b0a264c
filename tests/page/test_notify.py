"""Desktop notifications: only when they were asked for, grouped, and not while the page is in front."""

RECORD = """() => {
    self.told = [];
    self.Notification = class extends EventTarget {
        static requestPermission = async () => self.permission;
        constructor(title, options) { super(); self.told.push(`${title}: ${options.body}`); }
    };
    Object.defineProperty(document, "hidden", {get: () => self.away ?? false});
}"""
"""Notifications are the system's: what is shown is recorded instead, and a tab is sent to the background by a flag."""


def ask_for(page, permission):
    """Ask for notifications by the palette; the reader answers the browser's question."""
    page.evaluate("permission => { self.permission = permission; }", permission)
    page.keyboard.press("Control+k")
    page.locator(".palette input").wait_for()
    page.keyboard.type("notify me")
    page.keyboard.press("Enter")


def test_new_mail_and_broken_rules_are_notified_once_while_the_tab_is_not_in_front(show, farm, traffic, ready):
    page = show(farm, "/live")
    ready(page)
    page.evaluate(RECORD)
    ask_for(page, "granted")
    page.get_by_text("You will be notified of new mail").wait_for()
    clients = traffic(farm)
    clients.mail(subject="In front", sender="a@b.test", to="alice@homeport.test")
    page.wait_for_function("() => document.querySelector('hp-list')?.items.some(one => one.type === 'message')")
    assert page.evaluate("() => self.told") == []
    page.evaluate("() => { self.away = true; }")
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    clients.mail(subject="First", sender="a@b.test", to="alice@homeport.test")
    clients.mail(subject="Second", sender="a@b.test", to="alice@homeport.test")
    farm.exchange("finger", b"alice\n")
    page.wait_for_function(
        "() => document.querySelector('hp-list')?.items.some(one => one.type === 'finding' && one.service === 'finger')"
    )
    page.clock.run_for(600)
    page.wait_for_function("() => self.told.length === 1")
    assert page.evaluate("() => self.told") == ["Homeport, world default: 2 new messages, 1 broken rule"]
    farm.exchange("finger", b"bob\n")
    page.wait_for_function(
        "() => document.querySelector('hp-list')?.items.filter(one => one.type === 'finding').length >= 2"
    )
    page.clock.run_for(5000)
    assert page.evaluate("() => self.told.length") == 1
    page.clock.run_for(5000)
    page.wait_for_function("() => self.told.length === 2")


def test_a_browser_that_does_not_allow_notifications_is_named(show, farm, ready):
    page = show(farm, "/live")
    ready(page)
    page.evaluate(RECORD)
    ask_for(page, "denied")
    page.get_by_text("The browser does not allow notifications of this page").wait_for()
    assert page.evaluate("() => self.told") == []
