package page

// Style is the style sheet of a page, for pages that look alike and are made elsewhere.
func Style() string { return pageCSS }
