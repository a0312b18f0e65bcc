from django.urls import path

from accounts.views import SignInView, SignOutView

app_name = "accounts"
urlpatterns = [
    path("login/", SignInView.as_view(), name="sign_in"),
    path("logout/", SignOutView.as_view(), name="sign_out"),
]
