"""Settings of the barcode functions: environment variables, validated at startup.

Settings of one provider have its name and two underscores as a prefix: `FOODSAFETY__KEY`, `OPENFOODFACTS__PER_MINUTE`.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SIBLINGS = frozenset(f"world.open{kind}facts.org" for kind in ("food", "beauty", "petfood", "products"))


class ServerSettings(BaseModel):
    """A server of product data."""

    model_config = ConfigDict(frozen=True)

    url: AnyHttpUrl = Field(description="Base URL.")
    key: SecretStr = Field(SecretStr(""), description="API key; without one the server is not asked.")
    timeout_s: float = Field(gt=0, description="Timeout of one lookup, for all its calls together, in seconds.")
    max_bytes: int = Field(2 * 1024 * 1024, gt=0, description="Largest response that is accepted, in bytes.")


class ProviderSettings(ServerSettings):
    """A provider. Quotas limit the calls per fixed window, counted across all instances; None is unlimited."""

    per_minute: int | None = Field(None, ge=1, description="Quota of calls per minute.")
    per_hour: int | None = Field(None, ge=1, description="Quota of calls per hour.")
    per_day: int | None = Field(None, ge=1, description="Quota of calls per day, which begins at midnight in Korea.")
    failures: int = Field(5, ge=1, description="Consecutive failures that open the circuit breaker.")
    pause_s: float = Field(
        30, gt=0, description="How long the circuit breaker stays open, in seconds; doubles with each further failure."
    )
    closed_for_s: float = Field(
        600,
        gt=0,
        description="How long not to ask it after it reported that it is closed, that a quota is exhausted or that our "
        "key is invalid, in seconds, unless it says until when.",
    )


class OpenFoodFactsSettings(ProviderSettings):
    """Needs no key, but requires every caller to identify itself."""

    contact: str = Field(
        "", description="Mail address or URL sent as User-Agent; without one the provider is disabled."
    )
    api: str = Field("v3", pattern="^v[23]$", description="Version of its API.")
    redirect_hosts: frozenset[str] = Field(
        SIBLINGS, description="Hosts of its sibling databases, to which it may redirect."
    )


class FoodSafetySettings(ProviderSettings):
    """식품안전나라 announced that its API is closed during the day; only a call can tell whether it still is."""

    closed_from: int | None = Field(9, ge=0, le=23, description="Hour in Korea at which it closes.")
    closed_to: int = Field(19, ge=1, le=24, description="Hour in Korea at which it opens again.")


class BarcodeSettings(BaseSettings):
    """Each field is read from the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_nested_delimiter="__",
        env_parse_none_str="null",
        nested_model_default_partial_update=True,
        extra="ignore",
    )

    barcode_tiers: tuple[tuple[str, ...], ...] = Field(
        (("openfoodfacts", "foodqr", "foodqr_data"), ("foodsafety",)),
        description="JSON list of lists. The providers of one tier are asked at the same time; the next tier is asked "
        "only if none of them knew the product. Our own tables come first.",
    )
    barcode_budget_s: float = Field(1.5, gt=0, description="Longest time that a user waits, in seconds.")
    barcode_reserve_s: float = Field(
        0.25, gt=0, description="Part of it reserved for classifying, storing and responding, in seconds."
    )
    barcode_last_tier_s: float = Field(0.4, ge=0, description="Part of it reserved for each later tier, in seconds.")
    barcode_lease_s: int = Field(20, ge=2, description="Lease of a barcode's lookup, in seconds.")
    barcode_hit_ttl_s: float = Field(timedelta(days=30).total_seconds(), gt=0, description="TTL of a hit, in seconds.")
    barcode_no_category_ttl_s: float = Field(3600, gt=0, description="TTL in seconds of a hit without a category.")
    barcode_miss_ttl_s: float = Field(
        3600, gt=0, description="TTL in seconds of a first miss; doubles with each further miss."
    )
    barcode_longest_miss_s: float = Field(
        timedelta(days=30).total_seconds(), gt=0, description="Longest TTL of a miss, in seconds."
    )
    barcode_failure_ttl_s: float = Field(60, gt=0, description="TTL in seconds of an incomplete result.")
    barcode_sweep_budget_s: float = Field(10, ge=0, description="How long one sweep looks up barcodes, in seconds.")
    barcode_sweep_share: float = Field(
        0.5, gt=0, le=1, description="Part of each quota that the sweep may use; the rest is reserved for users."
    )
    barcode_single_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Part of each daily quota that may be used for barcodes which a single user asked for; the rest is "
        "reserved for barcodes that several users ask for.",
    )
    classifier_timeout_s: float = Field(0.3, gt=0, description="Timeout of our classifier, in seconds.")

    openfoodfacts: OpenFoodFactsSettings = OpenFoodFactsSettings(
        url=AnyHttpUrl("https://world.openfoodfacts.org"), timeout_s=3, per_minute=15
    )
    foodqr: ProviderSettings = ProviderSettings(url=AnyHttpUrl("https://foodqr.kr"), timeout_s=3, per_day=1000)
    foodqr_data: ProviderSettings = ProviderSettings(
        url=AnyHttpUrl("https://apis.data.go.kr"), timeout_s=3, per_day=1000
    )
    foodsafety: FoodSafetySettings = FoodSafetySettings(
        url=AnyHttpUrl("https://openapi.foodsafetykorea.go.kr"), timeout_s=3, per_hour=100, per_day=1000
    )
    haccp: ServerSettings = ServerSettings(
        url=AnyHttpUrl("https://apis.data.go.kr"), timeout_s=20, max_bytes=8 * 1024 * 1024
    )
    haccp_page_rows: int = Field(100, ge=1, le=1000, description="Rows per page.")
    haccp_refresh_s: int = Field(
        int(timedelta(days=7).total_seconds()), gt=0, description="Age at which the index is loaded again, in seconds."
    )
    haccp_budget_s: float = Field(240, gt=0, description="How long one call of the function loads, in seconds.")

    @model_validator(mode="after")
    def _check_tiers_and_times(self) -> BarcodeSettings:
        """Every tier has time in the budget, and the lease outlives a lookup of the sweep."""
        if unknown := {name for tier in self.barcode_tiers for name in tier} - PROVIDERS:
            raise ValueError(f"BARCODE_TIERS contains unknown providers: {', '.join(sorted(unknown))}")
        later = self.barcode_last_tier_s * max(0, len(self.barcode_tiers) - 1)
        if self.barcode_reserve_s + later >= self.barcode_budget_s:
            raise ValueError(
                "BARCODE_BUDGET_S must exceed BARCODE_RESERVE_S plus BARCODE_LAST_TIER_S for each later tier"
            )
        if self.longest_lookup_s >= self.barcode_lease_s:
            raise ValueError(f"BARCODE_LEASE_S must exceed the longest lookup ({self.longest_lookup_s:g} s)")
        return self

    @property
    def longest_lookup_s(self) -> float:
        """Longest lookup of the sweep, over all tiers, in seconds."""
        limits = {name: getattr(self, name).timeout_s for tier in self.barcode_tiers for name in tier}
        return sum(max((limits[name] for name in tier), default=0) for tier in self.barcode_tiers)


PROVIDERS = frozenset(
    name
    for name, field in BarcodeSettings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, ProviderSettings)
)
"""Names of the providers: the fields with settings of one."""
