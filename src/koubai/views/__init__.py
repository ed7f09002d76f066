"""Views: records rendered as text, Markdown, HTML and pictures. No view computes."""
