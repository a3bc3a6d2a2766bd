// Return the clean-up of a component: it closes what has left the page. Streamlit also cleans up after a call that newer
// data has overtaken before its module was loaded, and then the component lives on.
function whenGone(root, close) {
  return () => {
    if (!root.isConnected) close();
  };
}

