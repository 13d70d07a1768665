// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// lister collects the features of one package.
type lister struct {
	prefix  string
	info    *types.Info
	visible map[string]bool // types whose exported members can be reached from outside
	lines   []string
}

// features returns the exported features of a package, one line each, sorted.
// It changes the syntax trees: parameters lose their names.
func features(pkg *parsed) []string {
	l := &lister{prefix: "pkg " + pkg.dir + ", ", info: evaluate(pkg), visible: visibleTypes(pkg)}
	for _, file := range pkg.files {
		ast.Inspect(file, func(node ast.Node) bool {
			if signature, ok := node.(*ast.FuncType); ok {
				signature.Params, signature.Results = nameless(signature.Params), nameless(signature.Results)
			}
			return true
		})
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				l.function(decl)
			case *ast.GenDecl:
				l.declaration(decl)
			}
		}
	}
	slices.Sort(l.lines)
	return slices.Compact(l.lines)
}

// evaluate gives constants their types and values. Imported packages are empty for it, which is
// enough: a constant that needs one is listed with its expression.
func evaluate(pkg *parsed) *types.Info {
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}, IgnoreFuncBodies: true}
	_, _ = config.Check(pkg.dir, pkg.fset, pkg.files, info) // the errors are the missing imports
	return info
}

// noImports imports an empty package for every path.
type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	pkg := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	pkg.MarkComplete()
	return pkg, nil
}

// visibleTypes returns the exported types, and the unexported ones that exported ones embed or alias.
func visibleTypes(pkg *parsed) map[string]bool {
	specs, visible := map[string]*ast.TypeSpec{}, map[string]bool{}
	var pending []string
	for _, file := range pkg.files {
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, ok := node.(*ast.TypeSpec); ok {
				specs[spec.Name.Name] = spec
				if spec.Name.IsExported() {
					pending = append(pending, spec.Name.Name)
				}
			}
			_, body := node.(*ast.BlockStmt)
			return !body
		})
	}
	for len(pending) > 0 {
		name := pending[0]
		pending = pending[1:]
		if spec := specs[name]; spec != nil && !visible[name] {
			visible[name] = true
			pending = append(pending, embeddedNames(spec)...)
		}
	}
	return visible
}

// embeddedNames returns the types of the package whose members a type has too.
func embeddedNames(spec *ast.TypeSpec) []string {
	switch definition := spec.Type.(type) {
	case *ast.StructType:
		return embeddedFields(definition.Fields)
	case *ast.InterfaceType:
		return embeddedFields(definition.Methods)
	}
	if name := baseName(spec.Type); name != "" && spec.Assign.IsValid() {
		return []string{name}
	}
	return nil
}

func embeddedFields(fields *ast.FieldList) []string {
	var names []string
	for _, field := range fields.List {
		if name := baseName(field.Type); name != "" && len(field.Names) == 0 {
			names = append(names, name)
		}
	}
	return names
}

// baseName returns the name of the type of this package that an expression such as *T or T[A] means.
func baseName(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.Ident:
		return expr.Name
	case *ast.StarExpr:
		return baseName(expr.X)
	case *ast.ParenExpr:
		return baseName(expr.X)
	case *ast.IndexExpr:
		return baseName(expr.X)
	case *ast.IndexListExpr:
		return baseName(expr.X)
	}
	return ""
}

func (l *lister) add(feature string) { l.lines = append(l.lines, l.prefix+feature) }

// function lists a function, or a method of a type that can be reached.
func (l *lister) function(decl *ast.FuncDecl) {
	if !decl.Name.IsExported() {
		return
	}
	if decl.Recv == nil {
		l.add("func " + decl.Name.Name + typeParams(decl.Type.TypeParams) + signature(decl.Type))
		return
	}
	receiver := decl.Recv.List[0].Type
	if l.visible[baseName(receiver)] {
		l.add("method (" + types.ExprString(receiver) + ") " + decl.Name.Name + signature(decl.Type))
	}
}

func (l *lister) declaration(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			l.typeSpec(spec)
		case *ast.ValueSpec:
			l.values(decl.Tok, spec)
		}
	}
}

// typeSpec lists a type with its exported fields or methods.
func (l *lister) typeSpec(spec *ast.TypeSpec) {
	if !l.visible[spec.Name.Name] {
		return
	}
	head := "type " + spec.Name.Name + typeParams(spec.TypeParams) + " "
	if spec.Assign.IsValid() {
		l.add(head + "= " + types.ExprString(spec.Type))
		return
	}
	switch definition := spec.Type.(type) {
	case *ast.StructType:
		l.add(head + "struct")
		l.members(head+"struct, ", definition.Fields, " ")
	case *ast.InterfaceType:
		l.add(head + "interface")
		l.members(head+"interface, ", definition.Methods, "")
	default:
		l.add(head + types.ExprString(spec.Type))
	}
}

// members lists fields of a struct or methods of an interface. An interface with an unexported
// method says so, since nobody else can implement it.
func (l *lister) members(head string, fields *ast.FieldList, separator string) {
	for _, field := range fields.List {
		if len(field.Names) == 0 {
			l.add(head + "embedded " + types.ExprString(field.Type))
		}
		for _, name := range field.Names {
			method, isMethod := field.Type.(*ast.FuncType)
			switch {
			case name.IsExported() && separator == "" && isMethod:
				l.add(head + name.Name + signature(method))
			case name.IsExported():
				l.add(head + name.Name + separator + types.ExprString(field.Type))
			case separator == "":
				l.add(head + "unexported methods")
			}
		}
	}
}

// values lists constants with type and value, and variables with type.
func (l *lister) values(keyword token.Token, spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		if !name.IsExported() {
			continue
		}
		feature := keyword.String() + " " + name.Name
		if kind := l.valueType(name, spec); kind != "" {
			feature += " " + kind
		}
		constant, known := l.info.Defs[name].(*types.Const)
		switch {
		case known && constant.Val() != nil && constant.Val().String() != "unknown":
			feature += " = " + constant.Val().ExactString()
		case i < len(spec.Values) && (keyword == token.CONST || spec.Type == nil):
			feature += " = " + types.ExprString(spec.Values[i])
		}
		l.add(feature)
	}
}

// valueType returns the type of a constant or variable, or "" if it follows from its value.
func (l *lister) valueType(name *ast.Ident, spec *ast.ValueSpec) string {
	if spec.Type != nil {
		return types.ExprString(spec.Type)
	}
	object := l.info.Defs[name]
	if object == nil || object.Type() == nil || object.Type() == types.Typ[types.Invalid] {
		return ""
	}
	kind := types.TypeString(object.Type(), types.RelativeTo(object.Pkg()))
	if strings.Contains(kind, "invalid type") {
		return ""
	}
	return strings.TrimPrefix(kind, "untyped ")
}

// signature returns "(parameters) results" of a function whose parameters have no names.
func signature(function *ast.FuncType) string {
	bare := &ast.FuncType{Params: function.Params, Results: function.Results}
	return strings.TrimPrefix(types.ExprString(bare), "func")
}

// typeParams returns "[T any]", or "" for what is not generic.
func typeParams(params *ast.FieldList) string {
	if params == nil {
		return ""
	}
	var list []string
	for _, field := range params.List {
		for _, name := range field.Names {
			list = append(list, name.Name+" "+types.ExprString(field.Type))
		}
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// nameless returns one unnamed field for each parameter.
func nameless(fields *ast.FieldList) *ast.FieldList {
	if fields == nil {
		return nil
	}
	bare := &ast.FieldList{}
	for _, field := range fields.List {
		for range max(1, len(field.Names)) {
			bare.List = append(bare.List, &ast.Field{Type: field.Type})
		}
	}
	return bare
}
