"""Views: what people see of the records, as text, Markdown, HTML, pictures. No view computes."""
