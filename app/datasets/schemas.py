"""The bodies of answers about data sets, and how they come from rows."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from app.storage.tables import DatasetVersion


class Rejected(BaseModel):
    """Rows that were left out, all for one reason."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: str
    """empty_text, missing_label, duplicate or conflict (the same text under two labels)."""
    rows: int
    message: str
    first: list[int]
    """The lines of the first of them, counted from 1; in Parquet, the rows."""


class DatasetFacts(BaseModel):
    """One content of a data set, and what its check found."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "authors",
                    "version": "9f2c41…",
                    "uploaded_at": "2026-01-02T03:04:05Z",
                    "format": "csv",
                    "size_bytes": 3295208,
                    "rows": 19578,
                    "rows_read": 19579,
                    "columns": ["id", "text", "author"],
                    "text_column": "text",
                    "label_column": "author",
                    "labels": {"EAP": 7900, "HPL": 5634, "MWS": 6044},
                    "duplicates": 1,
                    "rejected": [
                        {
                            "kind": "duplicate",
                            "rows": 1,
                            "message": "text that was there before under the same label: 1 row (line 7: as in line 3).",
                            "first": [7],
                        }
                    ],
                }
            ]
        },
    )

    name: str
    version: str
    """sha256 of the file and the choice of its columns: the same content is the same version."""
    uploaded_at: AwareDatetime
    format: str
    size_bytes: int
    """Of the file as it was sent."""
    rows: int
    """Rows that can be learnt from."""
    rows_read: int
    """All rows; the others are in `rejected`."""
    columns: list[str]
    text_column: str
    label_column: str
    labels: dict[str, int]
    """How many rows each label has."""
    duplicates: int
    rejected: list[Rejected]


class DatasetSummary(DatasetFacts):
    """What came last under a name."""

    versions: int
    """How many contents the name has had."""


class DatasetList(BaseModel):
    """Every data set, by name."""

    datasets: list[DatasetSummary]


class DatasetVersions(BaseModel):
    """All contents of a data set, the one that came last first: that is what training takes."""

    name: str
    versions: list[DatasetFacts]


def facts_of(version: DatasetVersion) -> dict[str, Any]:
    """The content of `DatasetFacts`."""
    facts = version.facts
    return {
        "name": version.name,
        "version": version.digest,
        "uploaded_at": version.uploaded_at,
        "format": version.file.rpartition("/")[2].partition(".")[2],
        "size_bytes": version.size_bytes,
        "rows": facts["rows"],
        "rows_read": facts["rows_read"],
        "columns": facts["columns"],
        "text_column": version.text_column,
        "label_column": version.label_column,
        "labels": facts["labels"],
        "duplicates": facts["duplicates"],
        "rejected": facts["problems"],
    }
