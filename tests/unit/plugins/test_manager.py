"""Third-party plugins as they are installed: a folder on sys.path with entry points."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent

import pytest

from kctl.plugins import manager
from kctl.plugins.manager import Plugins

GOOD = """
from kctl.plugins.hookspecs import hookimpl

class Balancer:
    name = "mine"
    def fronts(self, model):
        return []

@hookimpl
def kctl_load_balancers():
    return [Balancer()]

@hookimpl
def kctl_settings():
    return {"mine-port": "1"}
"""
Install = Callable[..., None]
INSTALLED = ",".join(each.name for each in entry_points(group="kctl"))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """install("name", code): a distribution kctl-NAME with one module and one entry point."""
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = []

    def make(name: str, code: str, value: str = "") -> None:
        module = f"kctl_test_{name}"
        modules.append(module)
        (site / f"{module}.py").write_text(dedent(code))
        info = site / f"kctl_{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kctl-{name}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[kctl]\n{name} = {value or module}\n")

    yield make
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins that stand in this environment anyway are none of these tests' business."""
    monkeypatch.setenv("KCTL_DISABLE_PLUGINS", INSTALLED)


class Opened:
    def __init__(self, home: Path) -> None:
        self.warnings: list[str] = []
        self.plugins: Plugins = manager.load(home, self.warnings.append)

    def balancers(self) -> list[str]:
        return [each.name for each in self.plugins.load_balancers()]


def test_a_plugin_stands_behind_the_built_in_ones(install: Install, home: Path) -> None:
    install("good", GOOD)
    opened = Opened(home)
    assert opened.balancers() == ["haproxy", "mine"]
    assert opened.plugins.settings() == {"mine-port": "1"}
    assert opened.warnings == []


@pytest.mark.parametrize(
    ("code", "warning"),
    [
        (
            GOOD.replace("return [Balancer()]", "raise ValueError('no\\n luck')"),
            'plugin "bad" failed in kctl_load_balancers: ValueError: no luck',
        ),
        (
            GOOD.replace("return [Balancer()]", "raise SystemExit(3)"),
            'plugin "bad" failed in kctl_load_balancers: SystemExit: 3',
        ),
        (
            GOOD.replace("return [Balancer()]", "return Balancer()"),
            'plugin "bad" failed in kctl_load_balancers: answered Balancer, not a list',
        ),
        (
            GOOD.replace("return [Balancer()]", "return [1]"),
            'plugin "bad" failed in kctl_load_balancers: answered something of another type: '
            "'int' object has no attribute 'name'",
        ),
        (
            GOOD.replace('"mine"', '"haproxy"'),
            'plugin "bad" failed in kctl_load_balancers: haproxy is already defined by another '
            "plugin",
        ),
        ("import nothing_of_this_name", "failed to load: ModuleNotFoundError: No module named"),
        ("def broken(:", "failed to load: SyntaxError"),
        (GOOD.replace("kctl_load_balancers", "kctl_load_balancer"), "no hook kctl_load_balancer"),
        (
            GOOD.replace("@hookimpl\ndef kctl_load", "def kctl_load"),
            "kctl_load_balancers is not marked @hookimpl",
        ),
        (GOOD.replace("kctl_load_balancers()", "kctl_load_balancers(what)"), "what"),
        (
            GOOD.replace("@hookimpl\ndef kctl_load", "@hookimpl(wrapper=True)\ndef kctl_load"),
            "kctl_load_balancers wraps a hook",
        ),
    ],
)
def test_a_broken_plugin_is_named_in_one_line_and_the_rest_works(
    install: Install, home: Path, code: str, warning: str
) -> None:
    install("bad", code)
    install("other", GOOD.replace('"mine"', '"other"'))
    opened = Opened(home)
    assert opened.balancers() == ["haproxy", "other"]
    assert opened.balancers() == ["haproxy", "other"]
    (line,) = opened.warnings
    assert 'plugin "bad"' in line
    assert warning in line
    assert "\n" not in line


def test_one_failing_hook_leaves_the_others_of_a_plugin(install: Install, home: Path) -> None:
    install("bad", GOOD.replace("return [Balancer()]", "raise ValueError"))
    opened = Opened(home)
    assert opened.balancers() == ["haproxy"]
    assert opened.plugins.settings() == {"mine-port": "1"}


def test_the_warning_goes_to_standard_error(
    install: Install, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install("bad", "1 / 0")
    manager.load(home).load_balancers()
    out, err = capsys.readouterr()
    assert out == ""
    assert err == 'Warning: plugin "bad" failed to load: ZeroDivisionError: division by zero\n'


def test_a_disabled_plugin_is_not_imported(
    install: Install, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("bad", "1 / 0")
    monkeypatch.setenv("KCTL_DISABLE_PLUGINS", f"x, bad ,{INSTALLED}")
    opened = Opened(home)
    assert opened.balancers() == ["haproxy"]
    assert opened.warnings == []
    assert {each.name: each.state for each in opened.plugins.states()}["bad"] == "disabled"


def test_states_say_everything_and_warn_of_nothing(install: Install, home: Path) -> None:
    install("good", GOOD)
    install("raises", GOOD.replace("return [Balancer()]", "raise ValueError('no')"))
    install("torn", "1 / 0")
    opened = Opened(home)
    states = {each.name: each for each in opened.plugins.states()}
    assert opened.warnings == []
    good, raises, torn = states["good"], states["raises"], states["torn"]
    assert (good.state, good.distribution, good.version) == ("ok", "kctl-good", "1.2")
    assert set(good.hooks) == {"kctl_load_balancers", "kctl_settings"}
    assert (raises.state, raises.error) == ("broken", "kctl_load_balancers: ValueError: no")
    assert (torn.state, torn.error) == ("broken", "ZeroDivisionError: division by zero")
    assert states["kctl.network.plugin"].distribution == "kctl"


def test_an_entry_point_may_name_an_object(install: Install, home: Path) -> None:
    code = """
    from kctl.plugins.hookspecs import hookimpl
    class Plugin:
        @hookimpl
        def kctl_settings(self):
            return {"a": "1"}
    plugin = Plugin()
    """
    install("object", code, "kctl_test_object:plugin")
    assert Opened(home).plugins.settings() == {"a": "1"}


def test_a_plugin_costs_nothing_where_it_is_not_asked_for(install: Install, home: Path) -> None:
    install("good", GOOD)
    Opened(home).balancers()
    sys.modules.pop("kctl_test_good")
    again = Opened(home)
    again.plugins.printers()
    assert "kctl_test_good" not in sys.modules
    assert again.balancers() == ["haproxy", "mine"]
    assert "kctl_test_good" in sys.modules


def test_the_scan_of_installed_distributions_is_kept(
    install: Install, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("good", GOOD)
    Opened(home).balancers()

    def no_scan(**kwargs: object) -> None:
        raise AssertionError("scanned again")

    monkeypatch.setattr("importlib.metadata.entry_points", no_scan)
    assert Opened(home).balancers() == ["haproxy", "mine"]


def test_a_plugin_installed_later_is_found(install: Install, home: Path) -> None:
    assert Opened(home).balancers() == ["haproxy"]
    install("good", GOOD)
    assert Opened(home).balancers() == ["haproxy", "mine"]


def test_an_edited_plugin_is_looked_at_again(install: Install, home: Path) -> None:
    install("good", GOOD)
    Opened(home).balancers()
    module = sys.modules.pop("kctl_test_good")
    assert module.__file__
    path = Path(module.__file__)
    path.write_text(GOOD + "\n@hookimpl\ndef kctl_printers():\n    return [Balancer()]\n")
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert [each.name for each in Opened(home).plugins.printers()][-1] == "mine"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"key": 1}', "null"])
def test_a_damaged_cache_is_made_anew(install: Install, home: Path, text: str) -> None:
    install("good", GOOD)
    (home / "cache").mkdir()
    path = home / "cache" / "plugins.json"
    path.write_text(text)
    assert Opened(home).balancers() == ["haproxy", "mine"]
    assert "good" in [each["name"] for each in json.loads(path.read_text())["plugins"]]


def test_looking_at_plugins_makes_no_home(tmp_path: Path) -> None:
    Opened(tmp_path / "none").balancers()
    assert not (tmp_path / "none").exists()


def test_the_first_runtime_that_knows_a_scheme_answers(install: Install, home: Path) -> None:
    code = """
    from kctl.plugins.hookspecs import hookimpl
    @hookimpl
    def kctl_runtime(url, node):
        return f"{node} at {url}" if url.startswith("mine://") else None
    """
    install("mine", code)
    opened = Opened(home)
    assert opened.plugins.runtime("mine://x", "n1", {}) == "n1 at mine://x"  # type: ignore[comparison-overlap]
    assert opened.plugins.runtime("nobody://x", "n1", {}) is None


def test_what_a_runtime_says_of_a_wrong_url_reaches_whoever_asked(
    install: Install, home: Path
) -> None:
    code = """
    from kctl.plugins.hookspecs import hookimpl
    @hookimpl
    def kctl_runtime(url):
        if url.startswith("mine://"):
            raise ValueError("mine:// needs a name")
    """
    install("mine", code)
    opened = Opened(home)
    with pytest.raises(ValueError, match="mine:// needs a name"):
        opened.plugins.runtime("mine://", "n1", {})
    assert opened.plugins.runtime("nobody://x", "n1", {}) is None
