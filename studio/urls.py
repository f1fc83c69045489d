"""Addresses of the product. Who may use them: `roles`."""

from django.contrib.auth.views import LogoutView, PasswordChangeView
from django.urls import path, re_path
from django.views.generic import RedirectView

from studio.roles import everyone, makers
from studio.signin import SignIn
from studio.views import (
    actions,
    bulk,
    callback,
    credits,
    health,
    media,
    mix,
    new,
    news,
    tasks,
    tracks,
    uploads,
)

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", everyone(LogoutView.as_view()), name="logout"),
    path(
        "account/password/",
        everyone(PasswordChangeView.as_view(template_name="password.html", success_url="/")),
        name="password",
    ),
    path("", tasks.task_list, name="tasks"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/<int:pk>/", tasks.task_detail, name="task"),
    path("tasks/<int:pk>/cancel/", actions.cancel, name="task-cancel"),
    path("tasks/files.zip", bulk.files, name="bulk-zip"),
    path("tasks/again/", bulk.again, name="bulk-again"),
    path("tasks/delete/", bulk.delete, name="bulk-delete"),
    path("tasks/<int:pk>/again/", actions.try_again, name="task-try-again"),
    path("tasks/<int:pk>/ask/", actions.ask, name="task-ask"),
    path("tasks/<int:pk>/adopt/", actions.adopt, name="task-adopt"),
    path("tasks/<int:pk>/send-again/", actions.send_again, name="task-send-again"),
    path("tasks/<int:pk>/give-up/", actions.give_up, name="task-give-up"),
    path("tasks/<int:pk>/save-again/", actions.save_again, name="task-save-again"),
    path("tasks/<int:pk>/files.zip", media.task_zip, name="task-zip"),
    re_path(r"^tasks/(?P<pk>\d+)/mix\.(?P<format>wav|mp3)$", mix.mix, name="mix"),
    path("news.json", news.news, name="news"),
    path("new/", RedirectView.as_view(pattern_name="tasks"), name="new-index"),
    path("new/<slug:model>/", makers(new.new_task), name="new"),
    path("new/<slug:model>/upload/", uploads.add, name="upload"),
    path("songs/", tracks.track_list, name="tracks"),
    path("songs/import/", makers(tracks.import_songs), name="import"),
    path("songs/<int:pk>/", tracks.track_detail, name="track"),
    path("personas/", tracks.persona_list, name="personas"),
    path("credits/", credits.credits_page, name="credits"),
    path("credits.csv", credits.credits_csv, name="credits-csv"),
    path("media/<int:pk>/", media.asset, name="media"),
    path("media/<int:pk>/peaks.json", media.peaks, name="peaks"),
    path("media/<int:pk>/samples", media.samples, name="samples"),
    path("media/<int:pk>/poster", media.poster, name="poster"),
    path("media/uploads/<int:pk>/", media.upload, name="upload-media"),
    path("media/uploads/<int:pk>/peaks.json", media.upload_peaks, name="upload-peaks"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    re_path(r"^callback/(?P<token>[A-Za-z0-9_-]{43})/$", callback.callback, name="callback"),
    re_path(
        r"^public/(?P<token>[A-Za-z0-9_-]{43})/(?P<name>sound\.[a-z0-9]+)$",
        media.public,
        name="public",
    ),
]
