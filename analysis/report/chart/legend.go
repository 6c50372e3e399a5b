package chart

// icons are what the legend shows for a line without symbols, by its stroke. ECharts would draw a circle on it.
var icons = map[any]string{
	nil:      "path://M0 0H18V2H0Z",
	"dashed": "path://M0 0H4V2H0ZM7 0H11V2H7ZM14 0H18V2H14Z",
	"dotted": "path://M0 0H2V2H0ZM4 0H6V2H4ZM8 0H10V2H8ZM12 0H14V2H12ZM16 0H18V2H16Z",
}

// lineIcons has the legend show a line for what is drawn as a line without symbols.
func lineIcons(option map[string]any) {
	legend, _ := option["legend"].(map[string]any)
	entries, _ := legend["data"].([]any)
	for i, entry := range entries {
		if icon := iconOf(option, entry); icon != "" {
			entries[i] = map[string]any{"name": entry, "icon": icon, "itemStyle": map[string]any{"borderWidth": 0}}
		}
	}
}

// iconOf is the icon of the series that a legend asks, which is the first of that name; "" leaves it to ECharts.
func iconOf(option map[string]any, name any) string {
	all, _ := option["series"].([]any)
	for _, one := range all {
		series, _ := one.(map[string]any)
		if series["name"] != name {
			continue
		}
		if series["type"] != "line" || series["symbol"] != "none" && series["showSymbol"] != false {
			return ""
		}
		style, _ := series["lineStyle"].(map[string]any)
		if icon, ok := icons[style["type"]]; ok {
			return icon
		}
		return icons[nil]
	}
	return ""
}
