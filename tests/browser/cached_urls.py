"""The sandbox's addresses, and its front page's blocks as a site serves them that caches every page it may."""

from config.urls import urlpatterns as sandbox
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template import Context, Template
from django.urls import path
from django.views.decorators.cache import cache_page
from shop.models import HomePage

PAGE = Template(
    '{% load wagtailcore_tags %}<!doctype html><html lang="en"><head><title>Shop</title>'
    '<meta name="viewport" content="width=device-width"></head><body><main><h1>Shop</h1>'
    "{% for block in page.body %}{% include_block block %}{% endfor %}</main></body></html>"
)


@cache_page(600)
def front(request, pk):
    page = get_object_or_404(HomePage, pk=pk)
    return HttpResponse(PAGE.render(Context({"page": page, "request": request})))


urlpatterns = [path("cached/<int:pk>/", front), *sandbox]
