"""Attestations real authenticators made, out of the tests of public libraries.

Nothing of theirs is in this repository: `scripts/conformance` fetches their packages, pinned by version and
hash, and the programs here read the captures out of them in a process of their own for each library.
"""
