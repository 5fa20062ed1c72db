"""The bodies of successful answers, for OpenAPI. Routes build them as plain dictionaries, without these classes."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, RootModel

from app.problems import Problem
from model.manifest import DataFingerprint, Layer, ParameterCounts


class Tokens(BaseModel):
    """What became of a text's words."""

    total: int
    """Words in the text."""
    known: int
    """Words that the vocabulary has; 0 says that the answer is a guess."""
    used: int
    truncated: bool


class ModelName(BaseModel):
    """Which model answered."""

    name: str
    version: int


class Prediction(BaseModel):
    """The class of one text. The probabilities sum to 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "label": "HPL",
                    "probabilities": {"EAP": 0.05, "HPL": 0.91, "MWS": 0.04},
                    "tokens": {"total": 31, "known": 29, "used": 29, "truncated": False},
                    "model": {"name": "spooky-authors", "version": 3},
                }
            ]
        }
    )

    label: str
    probabilities: dict[str, float]
    tokens: Tokens
    model: ModelName


class Predictions(BaseModel):
    """A prediction for each text, in order."""

    predictions: list[Prediction]


class LineProblem(Problem):
    """What `POST /predict` would have answered to this line alone."""

    line: int
    """Counted from 1, blank lines among them."""


class StreamError(BaseModel):
    """The answer to a line that cannot be used, or the last of a stream that ends before its lines do."""

    error: LineProblem


class StreamAnswer(RootModel[Prediction | StreamError]):
    """The answer to a line of a stream."""


class ModelFacts(BaseModel):
    """A version as its manifest describes it. Shapes leave the batch out."""

    name: str
    version: int
    labels: list[str]
    label_names: dict[str, str]
    """What to call each label in front of people; the label itself where the bundle has no name for it."""
    preset: str | None
    sequence_length: int
    vocabulary_size: int
    layers: list[Layer]
    parameters: ParameterCounts
    metrics: dict[str, JsonValue]
    vectors: dict[str, JsonValue]
    network: dict[str, JsonValue]
    training: dict[str, JsonValue]
    data: DataFingerprint | None
    created_at: AwareDatetime
    libraries: dict[str, str]


class ServingModel(ModelFacts):
    """The version that serves."""

    device: str


class Standing(BaseModel):
    """What a version is to the service."""

    serving: bool
    """Whether the process that answers serves it."""
    previous: bool
    """Whether it served before the current one: where a rollback leads."""


class ModelVersion(Standing):
    """A version in short. Where it is damaged, `problem` says how, and what cannot be told is null."""

    version: int
    created_at: AwareDatetime | None
    preset: str | None
    labels: list[str] | None
    metrics: dict[str, float] | None
    """Those for a headline, of the test rows: accuracy, macro_f1, log_loss, expected_calibration_error."""
    verdict: str | None
    """How it compared with the version that served when it was trained, in a sentence."""
    size_bytes: int | None
    report: bool
    """Whether it has a training report."""
    problem: str | None


class ModelVersions(BaseModel):
    """The versions of the model that serves, the newest first."""

    name: str
    versions: list[ModelVersion]


class StoredModel(ModelFacts, Standing):
    """A version of the model that serves."""

    verdict: str | None
    size_bytes: int
    report: bool
    """Whether it has a training report."""


class Live(BaseModel):
    """The process answers."""

    status: str
    inference_thread: str


class FailedVersion(BaseModel):
    """A version that was promoted and that this process cannot serve."""

    version: int
    reason: str


class Ready(BaseModel):
    """A model is loaded and warm."""

    status: str
    model: ModelName
    failed: FailedVersion | None = None
    """Where another version should serve and cannot; absent otherwise."""


class Processes(BaseModel):
    """The processes that the totals are of."""

    count: int
    restarts: int
    """How often one of them took the place of one that died."""


class Swaps(BaseModel):
    """Changes of the version that serves, counted in each process."""

    swaps: int
    failed_swaps: int
    """Versions that could not be loaded, each time that was tried."""


class Ends(BaseModel):
    """What was admitted, and how it ended. `accepted` is the sum of the others."""

    accepted: int
    answered: int
    failed: int
    cancelled: int
    """Of callers that went away."""
    waiting: int
    """Without an end so far."""


class RequestEnds(Ends):
    """The same, with those that were not admitted since the queue was full (429)."""

    refused: int


class Batches(BaseModel):
    """Runs of the network."""

    count: int
    texts: int
    by_size: dict[str, int]
    """How many had up to so many texts, and more than half as many; the last also larger ones."""


class QueueTime(BaseModel):
    """How long texts waited for their run, in seconds; the mean is null before the first."""

    total: float
    mean_per_text: float | None


class ComputeTime(BaseModel):
    """How long runs took, in seconds; the means are null before the first."""

    total: float
    mean_per_batch: float | None
    mean_per_text: float | None


class PredictedTexts(BaseModel):
    """What texts were taken for, streams among them; explanations and files are not. Null before the first."""

    by_label: dict[str, int]
    mean_confidence: float | None
    """Of the probability of the label that was predicted."""
    words: int
    unknown_share: float | None
    """Of these words, those that the vocabulary lacks."""


class FeedbackAgreement(BaseModel):
    """How often the model that served, asked for the text of a correction, said the same label."""

    agrees: int
    differs: int
    accuracy: float | None
    """`agrees` as a share of both; null before the first."""


class StatisticsTotals(BaseModel):
    """What all processes of this service did since it was started."""

    processes: Processes
    models: Swaps
    requests: RequestEnds
    texts: Ends
    batches: Batches
    queue_s: QueueTime
    compute_s: ComputeTime
    predictions: PredictedTexts
    feedback: FeedbackAgreement
