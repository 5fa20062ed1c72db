"""The offline pipeline: from a labelled file to a registered bundle. Imports `model`, never `app`."""
