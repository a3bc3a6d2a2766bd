"""A page on paper or as PDF: what it shows and says, without what only a screen can use."""

_CONTROLS = (
    "stSidebar", "stHeader", "stToolbar", "stFileUploader", "stSelectbox", "stMultiSelect", "stButtonGroup", "stSlider",
    "stCheckbox", "stRadio", "stNumberInput", "stTextInput", "stTextArea", "stButton", "stDownloadButton", "stPageLink",
    "stElementToolbar", "stForm",
)  # fmt: skip
"""Streamlit's test ids of everything that is pressed, moved or typed into."""

STYLE = f"""@media print {{
    {", ".join(f"[data-testid={name}]" for name in _CONTROLS)} {{ display: none !important; }}
    .stApp, .stApp *, [data-testid=stMain] {{ color: #000 !important; print-color-adjust: exact; }}
    .stApp, [data-testid=stMain], [data-testid=stAppViewContainer] {{
        background: #fff !important; position: static !important; height: auto !important; overflow: visible !important;
    }}
    .stMainBlockContainer {{ padding: 0 !important; max-width: none !important; }}
    [data-testid=stImage], [data-testid=stTable], [data-testid=stPlotlyChart], figure {{ break-inside: avoid; }}
    h1, h2, h3 {{ break-after: avoid; }}
}}"""
