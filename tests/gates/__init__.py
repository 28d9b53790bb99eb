"""The house style as code: each gate reads one parsed module and says what breaks the rule."""

from __future__ import annotations
