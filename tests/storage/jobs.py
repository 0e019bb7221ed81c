"""Jobs to admit and to settle, made from what a test cares for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from limner.claims import Claim, Repeat
from limner.clock import Clock
from limner.errors import UpstreamFault
from limner.job import Background, Format, ImageRequest, Job, Kind, Quality, Size, Usage
from limner.keys import Key
from limner.ledger import Admission
from limner.record import FailedAttempt, JobRecord, Outcome, Told

HOLD_NUSD = 300_000_000
CHARGE_NUSD = 211_000_000


class Jobs:
    """Makes admissions and records of one key's jobs."""

    def __init__(self, key: Key, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def claim(self, repeat: Repeat, content: str = "a fox", unattended: Iterable[str] = ()) -> Claim:
        """What a request for `content` comes with."""
        return Claim(
            key_id=self._key.id,
            fingerprint=hashlib.sha256(content.encode()).digest(),
            repeat=repeat,
            unattended=frozenset(unattended),
        )

    def admission(
        self,
        job_id: str,
        *,
        hold_nusd: int = HOLD_NUSD,
        request: ImageRequest | None = None,
        claim: Claim | None = None,
    ) -> Admission:
        """A job with the worst case `hold_nusd`."""
        job = Job(
            id=job_id,
            account_id=self._key.account_id,
            key_id=self._key.id,
            request=request or ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="a fox", n=2),
            admitted_at_s=self._clock.now_s(),
        )
        return Admission(job=job, hold_nusd=hold_nusd, price_book="2026-11-22+test", claim=claim)

    def record(self, job_id: str, outcome: Outcome = Outcome.DELIVERED, *, charge_nusd: int = CHARGE_NUSD) -> JobRecord:
        """How the job of the same id ended."""
        record = JobRecord(
            job_id=job_id,
            account_id=self._key.account_id,
            key_id=self._key.id,
            kind=Kind.GENERATION,
            model="gpt-image-2",
            engine="sketch",
            outcome=outcome,
            n=2,
            size=Size(1024, 1536),
            quality=Quality.HIGH,
            background=Background.OPAQUE,
            output_format=Format.PNG,
            stream=False,
            partial_images=0,
            input_images=0,
            has_mask=False,
            usage=Usage(text_input_tokens=11, image_output_tokens=7024),
            hold_nusd=HOLD_NUSD,
            charge_nusd=charge_nusd,
            cost_nusd=7,
            price_book="2026-11-22+test",
            parameters="size=honoured",
            user=None,
            error_code=None,
            admitted_at_s=self._clock.now_s(),
            started_at_s=self._clock.now_s(),
            finished_at_s=self._clock.now_s(),
            output_bytes=123,
            blob_keys=(f"{job_id}/0.png", f"{job_id}/1.png"),
            told=Told(created_s=1_790_000_000, revised_prompts=(None, "a red fox"), safety_identifier="s"),
            failures=(
                FailedAttempt(engine="own", error_code="server_is_overloaded"),
                FailedAttempt(
                    engine="own",
                    error_code="image_generation_failed",
                    upstream=UpstreamFault(status=500, code="boom", request_id="req_1"),
                ),
            ),
        )
        if outcome.charged:
            return record
        return replace(
            record,
            size=None,
            quality=None,
            background=None,
            output_bytes=0,
            blob_keys=(),
            told=None,
            error_code="why",
        )
