"""What an agent knows of the business it answers for: hours, services, facts. Quiet."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["Business", "FactSpec", "Service", "Span"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Span(BaseModel):
    """From opening to closing on one day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read `09:00-17:30`."""
        opens, dash, closes = text.partition("-")
        try:
            span = cls(
                opens=time.fromisoformat(opens.strip()), closes=time.fromisoformat(closes.strip())
            )
        except ValueError:
            raise ValueError(f"hours are written 09:00-17:30, not {text!r}") from None
        if not dash or span.opens >= span.closes:
            raise ValueError(f"hours must open before they close: {text!r}")
        return span


class Service(BaseModel):
    """Something that can be booked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: tuple[str, ...] = Field(min_length=1)
    """How callers name it; the first is how we name it."""
    minutes: int = Field(gt=0, le=24 * 60)
    """How long it takes."""
    price: str = ""
    """As it is said: `45 euros`."""


class FactSpec(BaseModel):
    """One thing the business wants to be asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: tuple[str, ...] = Field(min_length=1)
    """Ways to ask for it; matched by meaning, so three or four do."""
    answer: str = Field(min_length=1)


class Business(BaseModel):
    """The description a company gives us."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    timezone: str = "UTC"
    region: str = Field(default="US", pattern="^[A-Z]{2}$")
    """ISO 3166 country that bare telephone numbers belong to."""
    hours: dict[str, tuple[Span, ...]] = Field(default_factory=dict)
    """Day (`mon` to `sun`) to opening spans; a day that is missing is closed."""
    closed: tuple[date, ...] = ()
    """Single days without opening, holidays for instance."""
    capacity: int = Field(default=1, ge=1)
    """How many bookings can run at the same time."""
    step_minutes: int = Field(default=30, gt=0)
    """Bookings begin at multiples of this after the hour."""
    horizon_days: int = Field(default=90, gt=0)
    """How far ahead can be booked."""
    services: dict[str, Service] = Field(default_factory=dict)
    facts: tuple[FactSpec, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        # Asking for the one is cached; listing them all walks the disk for 6 ms.
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone; write one like Europe/Madrid") from None
        return value

    @field_validator("hours", mode="before")
    @classmethod
    def _read_hours(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("hours are given by day, e.g. mon: 09:00-17:30")
        unknown = set(value) - set(_DAYS)
        if unknown:
            raise ValueError(f"unknown day {sorted(unknown)[0]!r}; days are {', '.join(_DAYS)}")
        return {
            day: tuple(
                Span.parse(span) if isinstance(span, str) else span
                for span in ([spans] if isinstance(spans, str) else spans)
            )
            for day, spans in value.items()
        }

    def zone(self) -> ZoneInfo:
        """Its time zone, for making local instants."""
        return ZoneInfo(self.timezone)

    def open_on(self, day: date) -> tuple[Span, ...]:
        """Its opening spans on that day; empty when closed."""
        return () if day in self.closed else self.hours.get(_DAYS[day.weekday()], ())

    def fits(self, starts: datetime, minutes: int) -> bool:
        """Whether a booking of that length lies wholly within one opening span.

        `starts` is a local, aware instant.
        """
        ends = starts + timedelta(minutes=minutes)
        return starts.date() == ends.date() and any(
            span.opens <= starts.time() and ends.time() <= span.closes
            for span in self.open_on(starts.date())
        )
