"""Drawing that several screens share; the only home of Streamlit beside the screens themselves."""
