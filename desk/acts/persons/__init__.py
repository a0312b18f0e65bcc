"""Who is who: merge two records, undo a merge, split a record, find that two are not one. By a named person, with a reason."""

from desk.acts.persons.apart import ApartView
from desk.acts.persons.merge import MergeFindView, MergeUndoView, MergeView
from desk.acts.persons.split import SplitView

__all__ = ["ApartView", "MergeFindView", "MergeUndoView", "MergeView", "SplitView"]
