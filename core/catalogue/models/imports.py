"""Imports as rows: the file, how far it has come, and what each line led to."""

from __future__ import annotations

import uuid
import zlib

from django.conf import settings
from django.db import models

from core.catalogue.models.products import Goods


class ImportJob(models.Model):
    """One run over a file of products. A dry run changes nothing and says what would."""

    class Status(models.TextChoices):
        """``refused``: lines were, and so nothing was written; ``failed``: the file as a whole.

        ``columns``: somebody must say first what the file's columns are.
        """

        QUEUED = "queued"
        FETCHING = "fetching"
        CHECKING = "checking"
        WRITING = "writing"
        DONE = "done"
        REFUSED = "refused"
        FAILED = "failed"
        COLUMNS = "columns", "waits for the columns' meaning"

    class OnError(models.TextChoices):
        """What a refused line means for the others."""

        NOTHING = "nothing", "write nothing"
        SKIP = "skip", "write the others"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey("tenancy.Chain", on_delete=models.CASCADE, related_name="imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    feed = models.ForeignKey(
        "catalogue.SupplierFeed", on_delete=models.SET_NULL, null=True, related_name="deliveries"
    )
    """Of which supplier's feed it is a delivery."""
    url = models.CharField(max_length=500, blank=True)
    """Where the file is fetched; empty: it came with the call."""
    name = models.CharField(max_length=200)
    packed = models.BinaryField(default=b"")
    """The file, deflated: whichever machine runs the task has it. Empty until it is fetched."""
    dry_run = models.BooleanField(default=True)
    on_error = models.CharField(max_length=10, choices=OnError, default=OnError.NOTHING)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    problem = models.CharField(max_length=300, blank=True)
    problem_code = models.CharField(max_length=40, blank=True)
    problem_values = models.JSONField(default=dict)
    """The same by its code and what stands in its sentence, for pages in other languages."""
    encoding = models.CharField(max_length=20, blank=True)
    """Which the file is in, if somebody said so."""
    mapping = models.JSONField(default=dict)
    """Which column a heading of the file is, as somebody said: ``{heading: column}``, "" for none."""
    headings = models.JSONField(default=list)
    """``[{"name", "column"}]``: the file's own, with what each may be; filled while that is asked for."""
    notes = models.JSONField(default=list)
    """Sentences on how the file was read."""
    guess = models.CharField(max_length=20, blank=True)
    """The encoding that was guessed."""
    total = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    noted = models.PositiveIntegerField(default=0)
    """Lines whose code was taken for another than what stood there."""
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def data(self) -> bytes:
        """The file as it came."""
        return zlib.decompress(bytes(self.packed))

    @data.setter
    def data(self, content: bytes) -> None:
        self.packed = zlib.compress(content, 6)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in OVER

    @property
    def percent(self) -> int:
        """How much of the work is behind it; checking is most of it."""
        if self.is_over:
            return 100
        share = self.checked if self.dry_run else self.checked * 0.7 + self.written * 0.3
        return min(99, int(100 * share / self.total)) if self.total else 0


OVER = (
    ImportJob.Status.DONE,
    ImportJob.Status.REFUSED,
    ImportJob.Status.FAILED,
    ImportJob.Status.COLUMNS,
)


class ImportLine(models.Model):
    """What one line of the file led to, or would have."""

    class Outcome(models.TextChoices):
        """In the order in which a person wants to see them."""

        REFUSED = "refused"
        CHANGED = "changed"
        CREATED = "created"
        UNCHANGED = "unchanged"

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField()
    """As an editor counts: the header is line 1."""
    outcome = models.CharField(max_length=10, choices=Outcome)
    barcode = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=160, blank=True)
    changes = models.JSONField(default=list)
    """``[{"column", "old", "new"}]``, as the columns are written."""
    problems = models.JSONField(default=list)
    """``[{"column", "reason"}]``."""
    notes = models.JSONField(default=list)
    """``[{"column", "reason"}]``: what was taken for something else than what stood there."""

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["job", "line"], name="catalogue_import_line_unique")]
        indexes = [models.Index(fields=["job", "outcome", "line"], name="catalogue_import_line_outcome")]

    def __str__(self) -> str:
        return f"{self.job_id}:{self.line}"


class StagedProduct(Goods):
    """A product as an import will leave it: written beside the products, then brought in all at once."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="staged")
    product_id = models.UUIDField(default=uuid.uuid4)
    category_id = models.UUIDField(null=True)
    is_new = models.BooleanField()
    codes = models.JSONField(null=True)
    """``[[code, units]]``, all of the product's own further codes; null: they stay."""

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
