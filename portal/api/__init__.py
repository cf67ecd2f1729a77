"""The REST API under /api/v1: everything that a form can do, for programs. It only grows.

Views parse with a serializer, call one service or query, and render. Errors are RFC 9457 problem details.
"""
