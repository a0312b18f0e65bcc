"""Notices and forms as PDF, and the languages of the notice to the person."""
