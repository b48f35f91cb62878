package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// entries are the bundles: the served pages and the offline report.
func entries() []api.EntryPoint {
	return []api.EntryPoint{
		{InputPath: "src/app.tsx", OutputPath: "app"},
		{InputPath: "src/report.tsx", OutputPath: "report"},
		{InputPath: "style/app.css", OutputPath: "app"},
		{InputPath: "style/report.css", OutputPath: "report"},
	}
}

// copied are files that go to dist as they are.
func copied() []string { return []string{"index.html", "icon.svg"} }

// bundle returns the content of each file of dist by its name.
func bundle(ui string) (map[string][]byte, error) {
	dir, err := filepath.Abs(ui)
	if err != nil {
		return nil, err
	}
	notice, err := licences(dir)
	if err != nil {
		return nil, err
	}
	built := api.Build(options(dir, notice))
	if len(built.Errors) > 0 {
		return nil, fmt.Errorf("bundling: %s", strings.Join(api.FormatMessages(built.Errors, api.FormatMessagesOptions{}), ""))
	}
	files := map[string][]byte{}
	for _, out := range built.OutputFiles {
		files[filepath.Base(out.Path)] = out.Contents
	}
	for _, name := range copied() {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files[name] = content
	}
	return files, nil
}

// options are the same everywhere: no environment and no tsconfig.json of the
// machine can change what comes out.
func options(dir, notice string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir:       dir,
		EntryPointsAdvanced: entries(),
		Outdir:              filepath.Join(dir, "..", "dist"),
		Bundle:              true,
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		MinifySyntax:        true,
		Charset:             api.CharsetASCII,
		Banner:              map[string]string{"js": notice},
		Format:              api.FormatIIFE,
		Target:              api.ES2022,
		JSX:                 api.JSXAutomatic,
		JSXImportSource:     "preact",
		Alias:               vendored(dir),
		TsconfigRaw:         `{"compilerOptions":{"strict":true}}`,
		LogLevel:            api.LogLevelSilent,
	}
}

// vendored maps a package's name to the copy that we carry.
func vendored(dir string) map[string]string {
	at := func(parts ...string) string {
		return filepath.Join(append([]string{dir, "vendor"}, parts...)...)
	}
	return map[string]string{
		"preact":             at("preact", "dist", "preact.mjs"),
		"preact/hooks":       at("preact", "hooks", "dist", "hooks.mjs"),
		"preact/jsx-runtime": at("preact", "jsx-runtime", "dist", "jsxRuntime.mjs"),
		"uplot":              at("uplot", "dist", "uPlot.esm.js"),
	}
}

// licences is the notice that the vendored packages ask to be carried along.
func licences(dir string) (string, error) {
	var notice strings.Builder
	for _, name := range []string{"preact", "uplot"} {
		text, err := os.ReadFile(filepath.Join(dir, "vendor", name, "LICENSE"))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&notice, "/* %s\n%s*/\n", name, text)
	}
	return notice.String(), nil
}
