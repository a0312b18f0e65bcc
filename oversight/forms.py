from django import forms
from django.utils.translation import gettext_lazy as _

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


class FilterForm(forms.Form):
    """What the list can be narrowed by. Anything unknown is ignored."""

    hold = forms.ChoiceField(label=_("With a hold"), choices=YES, required=False)
    breach = forms.ChoiceField(label=_("With a breach"), choices=YES, required=False)
    policy = forms.CharField(label=_("Policy code"), max_length=40, required=False)

    def lookups(self) -> dict[str, object]:
        """The filter as queryset lookups."""
        self.is_valid()
        data = self.cleaned_data
        found: dict[str, object] = {}
        if data.get("hold"):
            found["has_hold"] = data["hold"] == "yes"
        if data.get("breach"):
            found["has_breach"] = data["breach"] == "yes"
        if data.get("policy", "").strip():
            found["policy_code__iexact"] = data["policy"].strip()
        return found
