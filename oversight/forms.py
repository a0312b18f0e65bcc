from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from detainers import rulebook
from oversight.querysets import OversightCaseQuerySet
from oversight.services import MAX_NOTE

YES = [("", _("All")), ("yes", _("Yes")), ("no", _("No"))]


class NoteForm(forms.Form):
    """A review note. What was typed is kept when it cannot be taken."""

    text = forms.CharField(
        label=_("Your note"),
        help_text=_(
            "Write what you found and what it rests on. Leave out names and anything that could identify the person."
        ),
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": _("Write the note first."),
            "max_length": _(
                "A note can have %(limit_value)d characters; this one has %(show_value)d. Shorten it."
            ),
        },
    )


def policies() -> list[tuple[str, Any]]:
    """Every policy of the rulebook by its code."""
    return [("", _("All")), *((code, code) for code in sorted(row.code for row in rulebook.current().rows))]


class FilterForm(forms.Form):
    """What the list can be narrowed by. Anything unknown is ignored."""

    hold = forms.ChoiceField(label=_("With a hold"), choices=YES, required=False)
    breach = forms.ChoiceField(label=_("With a breach"), choices=YES, required=False)
    policy = forms.ChoiceField(label=_("Policy"), choices=policies, required=False)

    def narrow(self, cases: OversightCaseQuerySet) -> OversightCaseQuerySet:
        """The cases that fit. What is rare is looked up by its mark first."""
        self.is_valid()
        for name, value in self.cleaned_data.items():
            if name == "policy" and value:
                cases = cases.with_mark("policy", value).filter(policy_code=value)
            elif value == "yes":
                cases = cases.with_mark(name).filter(**{f"has_{name}": True})
            elif value == "no":
                cases = cases.filter(**{f"has_{name}": False})
        return cases

    @property
    def is_used(self) -> bool:
        """Whether anything narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())
