"""Traces by OpenTelemetry: a span for each request, and below it what the classifier did. An extra, off by default.

`context` speaks W3C Trace Context and knows no library; `switch` says whether traces are on; `export` alone imports the
SDK of OpenTelemetry, and only where they are.
"""
