from typing import Any

from django.contrib.auth.base_user import BaseUserManager


class UserManager(BaseUserManager["User"]):  # type: ignore[name-defined]
    """Creates people who sign in by e-mail. There are no superusers: roles say what a person may do."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        if not email:
            raise ValueError("A person signs in by e-mail: give an address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email=(username or "").lower())
