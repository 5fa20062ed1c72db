"""The errors that Tercet raises on purpose. Each message is for a person: what was wrong, where, and what to do."""


class TercetError(Exception):
    """Base of every error raised on purpose; what is not one of these is a defect."""


class ConfigError(TercetError):
    """A hyper-parameter or setting outside what the network can be built with."""


class TokenizerError(TercetError):
    """A tokenizer file that cannot be read, or that asks for what is not supported."""


class BundleError(TercetError):
    """A bundle that is damaged, incomplete or inconsistent; it names the file and the remedy."""


class RegistryError(TercetError):
    """A model or version that is not there, or that may not be removed."""


class DeviceError(TercetError):
    """A device that was asked for and is not there."""


class UnknownLabelError(TercetError):
    """A label that the model has not; it names those that it has."""


class NotExplainableError(TercetError):
    """A model that answers but cannot be looked into."""


class ClusterError(TercetError):
    """A cluster that was asked for and cannot be used."""
