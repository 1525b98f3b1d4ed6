"""The default: a site with users and no shop."""

from django.contrib.auth import get_user_model

from .maps import CustomerMap, ModelMap
from .model_adapter import ModelHostAdapter


class UserAdapter(ModelHostAdapter):
    """Every active user is a customer, known by primary key, and is that one when logged in; nothing was bought."""

    def __init__(self) -> None:
        model = get_user_model()
        names = {field.name for field in model._meta.get_fields()}
        self.maps: dict[str, ModelMap] = {  # type: ignore[misc]
            "customers": CustomerMap(
                model=model._meta.label,
                filter={"is_active": True} if "is_active" in names else None,
                email=model.get_email_field_name() if model.get_email_field_name() in names else "",
                first_name="first_name" if "first_name" in names else "",
                last_name="last_name" if "last_name" in names else "",
                created_at="date_joined" if "date_joined" in names else "",
            )
        }
