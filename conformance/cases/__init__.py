"""The cases all judges are asked about. README.md says what a case holds."""
