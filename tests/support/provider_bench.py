"""One provider of product data at a time, on a real server that behaves as a test needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AnyHttpUrl, SecretStr

from functions.barcode.connections import Connections
from functions.barcode.fan_out import Providers
from functions.barcode.providers.base import Result
from functions.barcode.providers.registry import enabled_providers
from functions.barcode.settings import BarcodeSettings, FoodSafetySettings, OpenFoodFactsSettings, ProviderSettings
from tests.support.barcode_servers import KEY, Reply, Server, serving

NUMBER = "8801234567893"
GTIN = f"0{NUMBER}"
NIGHT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)  # 23:30 in Korea, when every provider is open
IN_TEN_MINUTES = NIGHT + timedelta(minutes=10)  # the default of CLOSED_FOR_S


class Bench:
    """Asks one provider on one server at a time. Servers and connections last as long as the bench."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._default: dict[str, tuple[Server, Providers]] = {}
        self.connections = stack.enter_context(Connections())
        self.server: Server
        self.providers: Providers
        self.calls = 0

    def use(self, name: str, answer: Callable[[str], Reply], **changes: Any) -> None:
        """Ask the named provider, which answers so; `changes` of its settings get a server of their own."""
        if changes or name not in self._default:
            server = self._stack.enter_context(serving(answer))
            settings = settings_for(name, **{"url": server.url, **changes})
            providers = Providers.of(self.connections, enabled_providers(settings))
            if not changes:
                self._default[name] = server, providers
            self.server, self.providers = server, providers
        else:
            self.server, self.providers = self._default[name]
        self.server.answer = answer
        self.server.seen.clear()
        self.server.headers.clear()

    def ask(self, gtin14: str = GTIN, now: datetime = NIGHT, timeout_s: float = 5) -> Result:
        """One lookup; `calls` is the number of calls it took."""
        (report,) = self.providers.ask(list(self.providers.configs.values()), gtin14, now, timeout_s)
        self.calls = report.calls
        return report.result


def settings_for(name: str, url: str, **changes: Any) -> BarcodeSettings:
    """Settings that enable only the named provider."""
    own: dict[str, Any] = {"url": AnyHttpUrl(url), "timeout_s": 5, **changes}
    if name == "openfoodfacts":
        return BarcodeSettings(
            barcode_lease_s=300, openfoodfacts=OpenFoodFactsSettings(contact="ops@example.com", **own)
        )
    key = {"key": SecretStr(KEY)}
    if name == "foodsafety":
        return BarcodeSettings(barcode_lease_s=300, foodsafety=FoodSafetySettings(**{**key, **own}))
    return BarcodeSettings(barcode_lease_s=300, **{name: ProviderSettings(**{**key, **own})})


def fixed(reply: Reply) -> Callable[[str], Reply]:
    """The same response to every request."""
    return lambda _path: reply
