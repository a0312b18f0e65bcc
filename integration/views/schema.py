from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3.1 document. It says what the API can do and holds no data, so anybody may read it."""

    authentication_classes = []


class DocsView(SpectacularSwaggerSplitView):
    """The document as a page that can be tried out. Its files come from this server; its script is a separate request."""

    authentication_classes = []
    url_name = "integration:schema"
