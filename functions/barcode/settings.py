"""Settings of the barcode functions: environment variables, validated once at start.

What belongs to one provider is written with two underscores, as `FOODSAFETY__KEY` or `OPENFOODFACTS__PER_MINUTE`.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SIBLINGS = frozenset(f"world.open{kind}facts.org" for kind in ("food", "beauty", "petfood", "products"))

PROVIDERS = frozenset({"openfoodfacts", "foodqr", "foodqr_data", "foodsafety"})


class ProviderSettings(BaseModel):
    """One provider. Quotas are calls in fixed windows, counted across all instances; None counts nothing."""

    model_config = ConfigDict(frozen=True)

    url: AnyHttpUrl = Field(description="Base URL.")
    key: SecretStr = Field(SecretStr(""), description="Key to its API; without one it is skipped.")
    timeout_s: float = Field(gt=0, description="Limit of one lookup of it, all its calls together, seconds.")
    max_bytes: int = Field(256 * 1024, gt=0, description="Largest answer that is read.")
    per_minute: int | None = Field(None, ge=1)
    per_hour: int | None = Field(None, ge=1)
    per_day: int | None = Field(None, ge=1, description="Days begin at Korean midnight.")
    failures: int = Field(5, ge=1, description="Failures in a row after which it is left alone.")
    pause_s: float = Field(30, gt=0, description="For how long at first, seconds; doubles with each further failure.")
    closed_for_s: float = Field(
        600, gt=0, description="How long it is left alone when it says it is closed or our key is refused, seconds."
    )


class OpenFoodFactsSettings(ProviderSettings):
    """Needs no key but a way to reach us, which it demands of every caller."""

    contact: str = Field("", description="Mail address or URL sent in User-Agent; without one it is skipped.")
    api: str = Field("v3", pattern="^v[23]$")
    redirect_hosts: frozenset[str] = Field(
        SIBLINGS, description="Hosts of its sibling databases, to which it sends callers on."
    )


class FoodSafetySettings(ProviderSettings):
    """식품안전나라 says that it is closed by day; whether it still is can only be seen by asking."""

    closed_from: int | None = Field(9, ge=0, le=23, description="Hour in Korea from which it is not asked.")
    closed_until: int = Field(19, ge=1, le=24, description="Hour in Korea from which it is asked again.")


class BarcodeSettings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_nested_delimiter="__",
        env_parse_none_str="null",
        nested_model_default_partial_update=True,
        extra="ignore",
    )

    barcode_tiers: tuple[tuple[str, ...], ...] = Field(
        (("openfoodfacts", "foodqr", "foodqr_data"), ("foodsafety",)),
        description="JSON list of lists. Providers of one tier are asked at the same time, the next tier only when "
        "none of them knew the product. Our own tables come before all.",
    )
    barcode_budget_s: float = Field(1.5, gt=0, description="How long a user waits at most, seconds.")
    barcode_reserve_s: float = Field(
        0.25, gt=0, description="Part of it that is kept for storing and answering, seconds."
    )
    barcode_last_tier_s: float = Field(
        0.4, ge=0, description="Part of it that each later tier is left, whatever the earlier ones do, seconds."
    )
    barcode_lease_s: int = Field(20, ge=2, description="How long one worker owns the lookup of a barcode.")
    barcode_hit_ttl_s: float = Field(timedelta(days=30).total_seconds(), gt=0, description="How long a hit is fresh.")
    barcode_no_category_ttl_s: float = Field(
        3600, gt=0, description="How long a hit is fresh whose category nobody could say, seconds."
    )
    barcode_miss_ttl_s: float = Field(3600, gt=0, description="How long a first miss holds, seconds; doubles.")
    barcode_longest_miss_s: float = Field(timedelta(days=30).total_seconds(), gt=0)
    barcode_failure_ttl_s: float = Field(
        60, gt=0, description="How long after an incomplete answer no provider is asked about the barcode, seconds."
    )
    barcode_sweep_budget_s: float = Field(10, ge=0, description="How long one sweep looks up barcodes, seconds.")
    barcode_sweep_share: float = Field(
        0.5, gt=0, le=1, description="Part of each quota that the sweep may use; the rest is for users who wait."
    )
    classifier_timeout_s: float = Field(0.3, gt=0, description="Limit of asking our classifier, seconds.")

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
    haccp: ProviderSettings = ProviderSettings(
        url=AnyHttpUrl("https://apis.data.go.kr"), timeout_s=20, max_bytes=8 * 1024 * 1024
    )
    haccp_page_rows: int = Field(100, ge=1, le=1000, description="Rows asked for at once.")
    haccp_refresh_s: int = Field(
        int(timedelta(days=7).total_seconds()), gt=0, description="Age at which it is loaded anew."
    )
    haccp_budget_s: float = Field(240, gt=0, description="How long one call of the function loads, seconds.")

    @model_validator(mode="after")
    def _times_fit(self) -> BarcodeSettings:
        """Every tier has time in the budget, and the lease outlives a lookup of the sweep."""
        if unknown := {name for tier in self.barcode_tiers for name in tier} - PROVIDERS:
            raise ValueError(f"BARCODE_TIERS names {', '.join(sorted(unknown))}, which there is not.")
        later = self.barcode_last_tier_s * max(0, len(self.barcode_tiers) - 1)
        if self.barcode_reserve_s + later >= self.barcode_budget_s:
            raise ValueError("BARCODE_BUDGET_S leaves the first tier no time.")
        if self.longest_lookup_s >= self.barcode_lease_s:
            raise ValueError(f"BARCODE_LEASE_S must be longer than a lookup may take ({self.longest_lookup_s:g} s).")
        return self

    @property
    def longest_lookup_s(self) -> float:
        """How long providers may take where nobody waits, all tiers together, seconds."""
        limits = {name: getattr(self, name).timeout_s for tier in self.barcode_tiers for name in tier}
        return sum(max((limits[name] for name in tier), default=0) for tier in self.barcode_tiers)
